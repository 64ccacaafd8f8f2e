import type { ReportRun } from './report-data.ts';

/** What runs had paid and saved by the time that one of them ended. */
export interface CostPoint {
  /** Seconds since 1970. */
  readonly time: number;
  /** US dollars of all runs so far; those whose cost is not known count as 0. */
  readonly dollars: number;
  readonly tokensPaid: number;
  readonly tokensSaved: number;
}

/** Sums over the runs that have ended, in the order of their ends. */
export function costsOverTime(runs: readonly ReportRun[]): readonly CostPoint[] {
  let sum = { dollars: 0, tokensPaid: 0, tokensSaved: 0 };
  return runs
    .flatMap(({ end, dollars }) => (end === undefined ? [] : [{ ...end, dollars }]))
    .toSorted((a, b) => (a.finishedAt < b.finishedAt ? -1 : 1))
    .map(({ finishedAt, dollars, tokensPaid, tokensSaved }) => {
      sum = {
        dollars: sum.dollars + (dollars ?? 0),
        tokensPaid: sum.tokensPaid + (tokensPaid ?? 0),
        tokensSaved: sum.tokensSaved + (tokensSaved ?? 0),
      };
      return { time: Date.parse(finishedAt) / 1000, ...sum };
    });
}
