import type { ArtifactWriter, Scratch } from '@lockstep/model';
import { textPages } from './lines.ts';

/** UTF-16 units in memory before a sorted run is written to disk; 240 runs, which one merge reads, cover 1 GB of input. */
const RUN_UNITS_MAX = 6 * 1024 * 1024;

/** Runs in one merge, at most; each is an open file. */
const RUNS_MERGED_MAX = 256;

/** UTF-16 units that the longest lines of the runs in one merge may have together: one line of each is in memory. */
const HEAD_UNITS_MAX = 32 * 1024 * 1024;

/** Lines of a page, and UTF-16 units of all its lines but the last. */
const PAGE_LINES_MAX = 512;
const PAGE_UNITS_MAX = 128 * 1024;

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
  /** Adds a line, which must not contain a line feed. What it returns is to be awaited: a run is then written to disk. */
  add(line: string): Promise<void> | undefined;
  /** All lines in the order of their UTF-16 code units. Call this or `sortedPages` once, after the last `add`. */
  sorted(): AsyncGenerator<string>;
  /** The same in pages of a few hundred lines, which cost less than lines one by one. */
  sortedPages(): AsyncGenerator<readonly string[]>;
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

  const open = ({ name }: Run): AsyncIterator<readonly string[]> =>
    textPages(scratch.read(name))[Symbol.asyncIterator]();

  async function spill(): Promise<void> {
    lines.sort();
    const sorted = lines;
    lines = [];
    units = 0;
    await writeRun(pagesOf(sorted), 0);
  }

  async function writeRun(
    pages: Iterable<readonly string[]> | AsyncIterable<readonly string[]>,
    level: number,
  ): Promise<void> {
    const name = `run-${made}`;
    made += 1;
    let lineUnitsMax = 0;
    const writer: ArtifactWriter = await scratch.write(name);
    for await (const page of pages) {
      for (const line of page) lineUnitsMax = Math.max(lineUnitsMax, line.length);
      await writer.write(`${page.join('\n')}\n`);
    }
    await writer.close();
    const runs = (levels[level] ??= []);
    runs.push({ name, lineUnitsMax });
    const headUnits = runs.reduce((sum, run) => sum + run.lineUnitsMax, 0);
    if (runs.length < 2 || (runs.length < runsMergedMax && headUnits <= headUnitsMax)) return;
    levels[level] = [];
    await writeRun(merged(runs.map(open)), level + 1);
  }

  async function* sortedPages(): AsyncGenerator<readonly string[]> {
    lines.sort();
    const runs = levels.flat().map(open);
    if (runs.length === 0) yield* pagesOf(lines);
    else yield* merged([...runs, inMemory(lines)]);
  }

  return {
    add(line) {
      lines.push(line);
      units += line.length;
      return units >= runUnitsMax ? spill() : undefined;
    },
    async *sorted() {
      for await (const page of sortedPages()) yield* page;
    },
    sortedPages,
  };
}

/** A source of a merge: the page of it that is in memory, and the place there of its least line that was not taken. */
interface Head {
  readonly source: AsyncIterator<readonly string[]>;
  page: readonly string[];
  at: number;
}

/** Merges sorted sources. */
async function* merged(sources: readonly AsyncIterator<readonly string[]>[]): AsyncGenerator<readonly string[]> {
  /** Those that have a line left, that with the least line last. */
  const heads: Head[] = [];
  for (const source of sources) {
    const head: Head = { source, page: [], at: 0 };
    if (await turn(head)) insert(heads, head);
  }
  let page: string[] = [];
  let units = 0;
  for (let head = heads.pop(); head !== undefined; head = heads.pop()) {
    const line = lineOf(head);
    page.push(line);
    units += line.length;
    if (page.length === PAGE_LINES_MAX || units >= PAGE_UNITS_MAX) {
      yield page;
      page = [];
      units = 0;
    }
    head.at += 1;
    if (head.at < head.page.length || (await turn(head))) insert(heads, head);
  }
  if (page.length > 0) yield page;
}

/** Takes the next page of a source; false where there is none. */
async function turn(head: Head): Promise<boolean> {
  head.at = 0;
  do {
    const next = await head.source.next();
    if (next.done === true) return false;
    head.page = next.value;
  } while (head.page.length === 0);
  return true;
}

/** Puts a source among others, which stand by their least lines in falling order. */
function insert(heads: Head[], head: Head): void {
  const line = lineOf(head);
  let [from, to] = [0, heads.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (lineOf(heads[middle] as Head) > line) from = middle + 1;
    else to = middle;
  }
  heads.splice(from, 0, head);
}

function lineOf({ page, at }: Head): string {
  return page[at] as string;
}

function* pagesOf(lines: readonly string[]): Generator<readonly string[]> {
  for (let from = 0; from < lines.length;) {
    let to = from;
    for (let units = 0; to < lines.length && to - from < PAGE_LINES_MAX && units < PAGE_UNITS_MAX; to += 1)
      units += (lines[to] as string).length;
    yield lines.slice(from, to);
    from = to;
  }
}

async function* inMemory(lines: readonly string[]): AsyncGenerator<readonly string[]> {
  if (lines.length > 0) yield lines;
}
