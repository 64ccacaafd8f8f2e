import type { ArtifactWriter, Scratch } from '@lockstep/model';
import { linesOf } from '../files/lines.ts';
import type { Difference, Side } from '../receipts.ts';

/** Differences that a receipt shows; a list of thousands helps nobody on a screen. */
export const SHOWN_DIFFERENCES = 20;

/** Collects differences: all of them on disk, the first few and the counts in memory. */
export interface DifferenceLog {
  add(difference: Difference): Promise<void>;
  /** The first `SHOWN_DIFFERENCES`. */
  readonly first: readonly Difference[];
  /** How many by the side that is wrong. */
  readonly sides: Readonly<Record<Side, number>>;
  count(): number;
  /** Each as one line of JSON. Call once, after the last `add`. */
  lines(): AsyncGenerator<string>;
  discard(): Promise<void>;
}

const FILE = 'differences';

export async function createDifferenceLog(scratch: Scratch): Promise<DifferenceLog> {
  const writer: ArtifactWriter = await scratch.write(FILE);
  const first: Difference[] = [];
  const sides = { cache: 0, qdrant: 0, neon: 0 };
  let count = 0;
  return {
    first,
    sides,
    count: () => count,
    async add(difference) {
      count += 1;
      sides[difference.store] += 1;
      if (first.length < SHOWN_DIFFERENCES) first.push(difference);
      await writer.write(`${JSON.stringify(difference)}\n`);
    },
    async *lines() {
      await writer.close();
      yield* linesOf(scratch.read(FILE));
    },
    discard: () => writer.discard(),
  };
}
