import type { ArtifactWriter, Scratch } from '@lockstep/model';
import { linesOf } from './lines.ts';

/** UTF-16 units in memory before a sorted run is written to disk; thirty runs cover a corpus of 100,000 chunks. */
const RUN_UNITS_MAX = 4 * 1024 * 1024;

/** Runs in one merge, at most; each is an open file. */
const RUNS_MERGED_MAX = 256;

/** UTF-16 units that the longest lines of the runs in one merge may have together: one line of each is in memory. */
const HEAD_UNITS_MAX = 32 * 1024 * 1024;

/** A sorted run on disk. */
interface Run {
  readonly name: string;
  readonly lineUnitsMax: number;
}

/**
 * Sorts any number of lines with bounded memory: sorted runs on disk, then a merge. Runs of very long lines, and very
 * many runs, are first merged into longer ones.
 */
export interface LineSorter {
  /** Adds a line, which must not contain a line feed. */
  add(line: string): Promise<void>;
  /** All lines in the order of their UTF-16 code units. Call once, after the last `add`. */
  sorted(): AsyncGenerator<string>;
}

export function createLineSorter(
  scratch: Scratch,
  options: { readonly runUnitsMax?: number; readonly headUnitsMax?: number; readonly runsMergedMax?: number } = {},
): LineSorter {
  const { runUnitsMax = RUN_UNITS_MAX, headUnitsMax = HEAD_UNITS_MAX, runsMergedMax = RUNS_MERGED_MAX } = options;
  let lines: string[] = [];
  let units = 0;
  let made = 0;
  /** Runs by how many merges they have been through. */
  const levels: Run[][] = [];

  const open = ({ name }: Run): AsyncIterator<string> => linesOf(scratch.read(name))[Symbol.asyncIterator]();

  async function spill(): Promise<void> {
    lines.sort();
    const sorted = lines;
    lines = [];
    units = 0;
    await writeRun(sorted, 0);
  }

  async function writeRun(sorted: Iterable<string> | AsyncIterable<string>, level: number): Promise<void> {
    const name = `run-${made}`;
    made += 1;
    let lineUnitsMax = 0;
    const writer: ArtifactWriter = await scratch.write(name);
    for await (const line of sorted) {
      lineUnitsMax = Math.max(lineUnitsMax, line.length);
      await writer.write(`${line}\n`);
    }
    await writer.close();
    const runs = (levels[level] ??= []);
    runs.push({ name, lineUnitsMax });
    const headUnits = runs.reduce((sum, run) => sum + run.lineUnitsMax, 0);
    if (runs.length < 2 || (runs.length < runsMergedMax && headUnits <= headUnitsMax)) return;
    levels[level] = [];
    await writeRun(merged(runs.map(open)), level + 1);
  }

  return {
    async add(line) {
      lines.push(line);
      units += line.length;
      if (units >= runUnitsMax) await spill();
    },
    async *sorted() {
      lines.sort();
      const heads = levels.flat().map(open);
      if (heads.length === 0) {
        yield* lines;
        return;
      }
      heads.push(ofArray(lines));
      yield* merged(heads);
    },
  };
}

/** Merges sorted sources. They are few, so the least next line is found by looking at each. */
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
