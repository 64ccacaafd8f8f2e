import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';

/** A line or bars of a chart: values for the x values of the chart; null where there is none. */
export interface Series {
  readonly label: string;
  readonly values: readonly (number | null)[];
  /** Which of the colours of the page. */
  readonly colour: 1 | 2 | 3 | 4 | 5 | 6;
  readonly kind: 'line' | 'steps' | 'bars';
  /** Series of another unit have an axis of their own, at the right. @default 'left' */
  readonly axis?: 'left' | 'right';
}

export interface ChartProps {
  /** What the chart shows, for those who do not see it; `children` has the numbers. */
  readonly label: string;
  /** Ascending; seconds since 1970 without `width`. */
  readonly x: readonly number[];
  /** What x is called. @default 'Time, UTC' */
  readonly xLabel?: string;
  /** Bars begin at their x, and are so wide. @default x is a time */
  readonly width?: number | undefined;
  readonly series: readonly Series[];
  /** How values of each axis are shown. */
  readonly format: Readonly<Record<'left' | 'right', (value: number) => string>>;
  /** A table with the same numbers. */
  readonly children: ComponentChildren;
}

const HEIGHT = 260;

/** A chart that follows the width and the colours of the page, with a table that says the same. */
export function Chart(props: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    let plot: uPlot | undefined;
    const draw = (): void => {
      plot?.destroy();
      plot = new uPlot(optionsOf(props, element), dataOf(props), element);
    };
    const sized = new ResizeObserver(() => {
      if (plot === undefined) draw();
      else plot.setSize({ width: element.clientWidth, height: HEIGHT });
    });
    sized.observe(element);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', draw);
    return () => {
      sized.disconnect();
      scheme.removeEventListener('change', draw);
      plot?.destroy();
    };
  }, [props.x, props.series]);

  return (
    <figure>
      <div class="chart" ref={place} role="img" aria-label={props.label} />
      <details>
        <summary>As a table</summary>
        <div class="wide">{props.children}</div>
      </details>
    </figure>
  );
}

function dataOf({ x, series }: ChartProps): uPlot.AlignedData {
  return [[...x], ...series.map(({ values }) => [...values])];
}

function optionsOf(
  { x, xLabel = 'Time, UTC', width, series, format }: ChartProps,
  element: HTMLElement,
): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour('--quiet'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line') },
  };
  const right = series.some((each) => each.axis === 'right');
  const bars = uPlot.paths.bars;
  return {
    width: element.clientWidth,
    height: HEIGHT,
    // In UTC, like every time of the page.
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    scales: {
      x: {
        time: width === undefined,
        // A single time comes as a span of years.
        range: (_plot, least, greatest) => spanOf(least, x.length === 1 ? least : greatest, width),
      },
      left: { range: fromZero },
      ...(right ? { right: { range: fromZero } } : {}),
    },
    axes: [
      width === undefined ? { ...axis, space: 90, values: timesAt } : axis,
      { ...axis, scale: 'left', size: 70, values: (_plot, values) => values.map(format.left) },
      ...(right
        ? [
            {
              ...axis,
              grid: { show: false },
              scale: 'right',
              side: 1 as const,
              size: 70,
              values: (_plot: uPlot, values: number[]) => values.map(format.right),
            },
          ]
        : []),
    ],
    series: [
      width === undefined ? { label: xLabel, value: '{YYYY}-{MM}-{DD} {HH}:{mm}' } : { label: xLabel },
      ...series.map(({ label, colour: number, kind, axis: side = 'left' }): uPlot.Series => {
        const stroke = colour(`--series-${number}`);
        return {
          label,
          scale: side,
          stroke,
          width: 2,
          spanGaps: true,
          points: { show: kind === 'line' || x.length === 1 },
          value: (_plot, value) => (value === null || value === undefined ? '–' : format[side](value)),
          ...(kind === 'bars' ? { fill: stroke, paths: bars?.({ size: [0.92, Infinity], align: 1 }) } : {}),
          ...(kind === 'steps' ? { paths: uPlot.paths.stepped?.({ align: 1 }) } : {}),
        } as uPlot.Series;
      }),
    ],
  };
}

const MINUTE_SECONDS = 60;
const DAY_SECONDS = 24 * 60 * MINUTE_SECONDS;

/** Times at an axis: dates, or times of the day with the date where it is another than that before. */
function timesAt(_plot: uPlot, seconds: number[], _axis: number, _space: number, step: number): string[] {
  const texts = seconds.map((each) => new Date(each * 1000).toISOString());
  return texts.map((text, at) => {
    const date = text.slice(0, 10);
    if (step >= DAY_SECONDS) return date;
    const time = text.slice(11, step < MINUTE_SECONDS ? 19 : 16);
    return texts[at - 1]?.startsWith(date) === true ? time : `${time}\n${date}`;
  });
}

/** From the first value to the last, or to the end of its bar; around a single time an hour. */
function spanOf(least: number, greatest: number, width: number | undefined): uPlot.Range.MinMax {
  if (width !== undefined) return [least, greatest + width];
  return least === greatest ? [least - 30 * MINUTE_SECONDS, greatest + 30 * MINUTE_SECONDS] : [least, greatest];
}

/** Every axis begins at 0, so that a difference does not look larger than it is. */
function fromZero(_plot: uPlot, _least: number, greatest: number | null): uPlot.Range.MinMax {
  return [0, greatest === null || greatest <= 0 ? 1 : greatest * 1.05];
}
