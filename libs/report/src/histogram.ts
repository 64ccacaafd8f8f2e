import type { HistogramBin } from './report-data.ts';

/** Bins of a histogram. */
const BINS = 24;

/** Widths that a reader takes in at once. */
const STEPS = [1, 2, 5];

/**
 * The values in bins of equal width, from 0 to the greatest of them. The width is 1, 2 or 5 times a power of ten, so that there are at
 * most 24 bins. Bins between without a value are included. Values are whole numbers of 0 or more; none give no bins.
 */
export function histogram(values: readonly number[]): readonly HistogramBin[] {
  if (values.length === 0) return [];
  const greatest = values.reduce((most, value) => Math.max(most, value), 0);
  const width = widthFor(greatest + 1);
  const counts = Array.from({ length: Math.floor(greatest / width) + 1 }, () => 0);
  for (const value of values) {
    const bin = Math.floor(value / width);
    counts[bin] = (counts[bin] as number) + 1;
  }
  return counts.map((count, bin) => ({ from: bin * width, upTo: (bin + 1) * width - 1, count }));
}

function widthFor(span: number): number {
  for (let power = 1; ; power *= 10) {
    for (const step of STEPS) if (span <= step * power * BINS) return step * power;
  }
}
