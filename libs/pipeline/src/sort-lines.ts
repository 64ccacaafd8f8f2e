import type { ArtifactWriter, Scratch } from '@lockstep/model';
import { linesOf } from './lines.ts';

/** UTF-16 units held before a sorted run goes to disk; thirty runs cover a corpus of 100,000 chunks. */
const RUN_UNITS_MAX = 4 * 1024 * 1024;

/** Sorts any number of lines with bounded memory: sorted runs on disk, then a merge. */
export interface LineSorter {
  /** Takes a line; it holds no line feed. */
  add(line: string): Promise<void>;
  /** All lines in the order of their UTF-16 code units. Call once, after the last `add`. */
  sorted(): AsyncGenerator<string>;
}

export function createLineSorter(scratch: Scratch, options: { readonly runUnitsMax?: number } = {}): LineSorter {
  const runUnitsMax = options.runUnitsMax ?? RUN_UNITS_MAX;
  let lines: string[] = [];
  let units = 0;
  let runs = 0;

  async function spill(): Promise<void> {
    lines.sort();
    const writer: ArtifactWriter = await scratch.write(`run-${runs}`);
    for (const line of lines) await writer.write(`${line}\n`);
    await writer.close();
    runs += 1;
    lines = [];
    units = 0;
  }

  return {
    async add(line) {
      lines.push(line);
      units += line.length;
      if (units >= runUnitsMax) await spill();
    },
    async *sorted() {
      lines.sort();
      const heads: AsyncIterator<string>[] = [];
      for (let run = 0; run < runs; run += 1) heads.push(linesOf(scratch.read(`run-${run}`))[Symbol.asyncIterator]());
      if (heads.length === 0) {
        yield* lines;
        return;
      }
      heads.push(ofArray(lines));
      yield* merged(heads);
    },
  };
}

/** Merges sorted sources. Their number is small, so the least head is found by looking at each. */
async function* merged(sources: readonly AsyncIterator<string>[]): AsyncGenerator<string> {
  const heads = await Promise.all(sources.map(async (source) => ({ source, next: await source.next() })));
  for (;;) {
    let least: (typeof heads)[number] | undefined;
    for (const head of heads) {
      if (head.next.done === true) continue;
      if (least === undefined || head.next.value < (least.next.value as string)) least = head;
    }
    if (least === undefined) return;
    yield least.next.value as string;
    least.next = await least.source.next();
  }
}

async function* ofArray(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}
