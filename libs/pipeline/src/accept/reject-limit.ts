import type { RejectCode, Rejection } from '@lockstep/model';
import type { RejectSum } from '../receipts.ts';
import type { LinePlace } from '../files/rejects-file.ts';

/** How many records of an input may be left out. */
export interface RejectLimit {
  /** Share of the records, 0 to 100. */
  readonly percent: number;
  /** So many may be left out whatever their share, unless they are more than half, or than a larger `percent`. */
  readonly count: number;
}

/** A handful of bad records is an accident; more are a file that was not understood. */
export const DEFAULT_REJECT_LIMIT: RejectLimit = { percent: 5, count: 10 };

/** Sums rejects by their reason, with the first of each as an example. */
export function createRejectSums() {
  const sums = new Map<RejectCode, RejectSum & { count: number }>();
  return {
    add({ file, index, line }: LinePlace, rejection: Rejection): void {
      const { code, field, message, chunkId } = rejection;
      const known = sums.get(code);
      if (known !== undefined) known.count += 1;
      else
        sums.set(code, { code, count: 1, example: { file, index, line, chunk_id: chunkId ?? null, field, message } });
    },
    count: (): number => [...sums.values()].reduce((all, { count }) => all + count, 0),
    /** The most frequent first. */
    sums: (): readonly RejectSum[] => [...sums.values()].toSorted((a, b) => b.count - a.count),
  };
}

const HALF = 50;

/** Whether more records are left out than may be: more than both numbers of the limit, or more than half and its share. */
export function isOverRejectLimit(rejected: number, records: number, { percent, count }: RejectLimit): boolean {
  const over = (share: number): boolean => rejected * 100 > records * share;
  return over(Math.max(percent, HALF)) || (rejected > count && over(percent));
}
