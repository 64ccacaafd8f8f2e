import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { checkLine, lineBytes } from './cache-line.ts';
import { withCacheLock } from './cache-lock.ts';
import { discard, DISK } from './disk.ts';
import type { FileSystem } from './file-system.ts';

export interface CacheRepairOptions {
  readonly path: string;
  readonly dimensions: number;
  /** How long to wait for another process that is writing, in milliseconds. */
  readonly lockWaitMs: number;
  readonly signal?: AbortSignal;
  readonly files?: FileSystem;
}

/** What a repair found. */
export interface CacheRepair {
  readonly sound: number;
  /** Lines and pieces of lines that were set aside. */
  readonly damaged: number;
  /** Where they are now; null where there were none. */
  readonly setAside: string | null;
}

/** Bytes read at once. */
const BLOCK_BYTES = 1024 * 1024;
const LF = 0x0a;

/**
 * Keeps the sound lines of a cache, in their order, and sets all else aside in a file beside it, which nothing reads. The
 * cache is replaced in one step; a repair that fails or is cut short leaves it as it was. Repeating it is safe. A cache
 * without damage is only read. Fails with `lock-timeout` and `disk-failed`.
 */
export function repairEmbeddingCache(options: CacheRepairOptions): Promise<CacheRepair> {
  return withCacheLock(options, () => repair(options));
}

function repair({ path, dimensions, files = DISK }: CacheRepairOptions): CacheRepair {
  const [sound, damaged] = countLines(path, dimensions);
  if (damaged === 0) return { sound, damaged, setAside: null };
  const [kept, aside] = [`${path}.repaired`, freeName(`${path}.damaged`)];
  try {
    separate(linesOf(path, dimensions), files, { kept, aside });
    // What was set aside is there for good before it is gone from the cache.
    files.syncFolder(dirname(path));
    files.rename(kept, path);
  } catch (error) {
    discard(files, kept, aside);
    throw error;
  }
  files.syncFolder(dirname(path));
  return { sound, damaged, setAside: aside };
}

/** Lines that are sound, and those that are not; none where there is no cache. */
function countLines(path: string, dimensions: number): [sound: number, damaged: number] {
  const counts: [number, number] = [0, 0];
  if (!existsSync(path)) return counts;
  for (const { isSound } of linesOf(path, dimensions)) counts[isSound ? 0 : 1] += 1;
  return counts;
}

/** Writes lines to one file or the other; both are on disk when it returns. */
function separate(
  lines: Iterable<Line>,
  files: FileSystem,
  { kept, aside }: { readonly kept: string; readonly aside: string },
): void {
  const opened: number[] = [];
  const open = (path: string): number => {
    const file = files.open(path, 'w');
    opened.push(file);
    return file;
  };
  try {
    const [keptFile, asideFile] = [open(kept), open(aside)];
    for (const { bytes, isSound } of lines) files.write(isSound ? keptFile : asideFile, bytes);
    for (const file of opened) files.sync(file);
  } finally {
    for (const file of opened) files.close(file);
  }
}

/** A line, or a piece of one. */
interface Line {
  readonly bytes: Buffer;
  readonly isSound: boolean;
}

function* linesOf(path: string, dimensions: number): Generator<Line> {
  for (const bytes of piecesOf(path, lineBytes(dimensions))) {
    yield { bytes, isSound: checkLine(bytes, dimensions) !== undefined };
  }
}

/** What stands between line feeds, with its line feed, or some of it where it is too long for a line: memory is bounded. */
function* piecesOf(path: string, lineMax: number): Generator<Buffer> {
  const file = openSync(path, 'r');
  try {
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    let rest: Buffer = Buffer.alloc(0);
    for (;;) {
      const got = readSync(file, block, 0, block.length, null);
      if (got === 0) break;
      const bytes = Buffer.concat([rest, block.subarray(0, got)]);
      let from = 0;
      for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, from)) {
        yield bytes.subarray(from, end + 1);
        from = end + 1;
      }
      rest = bytes.subarray(from);
      if (rest.length > lineMax) {
        yield rest;
        rest = Buffer.alloc(0);
      }
    }
    if (rest.length > 0) yield rest;
  } finally {
    closeSync(file);
  }
}

/** A name that no file has yet: what was set aside before stays. */
function freeName(path: string): string {
  for (let number = 1; ; number += 1) {
    const name = `${path}-${number}`;
    if (!existsSync(name)) return name;
  }
}
