import { useMemo } from 'preact/hooks';
import { costsOverTime, type ReportRun } from '@lockstep/report';
import { Chart } from '../parts/chart.tsx';
import { countText, dollarsText, timeText } from '../parts/shown.ts';
import { ColumnHeads } from '../parts/column-heads.tsx';

/** Letters for large numbers at an axis, such as `1.2M`. */
const SHORT = new Intl.NumberFormat('en', { notation: 'compact' });

/** What all runs so far had paid and saved, when each of them ended. */
export function CostsChart({ runs }: { readonly runs: readonly ReportRun[] }) {
  const costs = useMemo(() => costsOverTime(runs), [runs]);
  const x = useMemo(() => costs.map(({ time }) => time), [costs]);
  const series = useMemo(
    () =>
      [
        { label: 'Dollars', values: costs.map(({ dollars }) => dollars), colour: 2, kind: 'steps' },
        { label: 'Tokens paid', values: costs.map((cost) => cost.tokensPaid), colour: 1, kind: 'steps', axis: 'right' },
        {
          label: 'Tokens saved',
          values: costs.map((cost) => cost.tokensSaved),
          colour: 3,
          kind: 'steps',
          axis: 'right',
        },
      ] as const,
    [costs],
  );
  if (costs.length === 0) return <p class="empty">No run has ended.</p>;
  const unknown = runs.filter(
    ({ end, dollars }) => end !== undefined && end.tokensPaid !== null && dollars === null,
  ).length;
  return (
    <>
      <Chart
        label="Dollars and tokens that the runs paid, and tokens that the cache saved, added up over time"
        x={x}
        series={series}
        format={{ left: dollarsText, right: (value) => SHORT.format(value) }}
      >
        <table>
          <caption>Paid and saved by the end of each run, added up</caption>
          <ColumnHeads
            columns={['Time', { number: 'Dollars' }, { number: 'Tokens paid' }, { number: 'Tokens saved' }]}
          />
          <tbody>
            {costs.toReversed().map(({ time, dollars, tokensPaid, tokensSaved }, at) => (
              <tr key={at}>
                <th scope="row">{timeText(new Date(time * 1000).toISOString())}</th>
                <td class="number">{dollarsText(dollars)}</td>
                <td class="number">{countText(tokensPaid)}</td>
                <td class="number">{countText(tokensSaved)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Chart>
      {unknown > 0 && (
        <p class="note">The price of {countText(unknown)} of these runs is not known; they count as free.</p>
      )}
    </>
  );
}
