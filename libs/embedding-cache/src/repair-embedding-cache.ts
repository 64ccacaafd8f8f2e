import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { checkLine, lineBytes } from './cache-line.ts';
import { withCacheLock } from './cache-lock.ts';
import { DISK, type FileSystem } from './file-system.ts';

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
 * cache is replaced in one step; a repair that is cut short leaves it as it was. Repeating it is safe.
 */
export function repairEmbeddingCache(options: CacheRepairOptions): Promise<CacheRepair> {
  return withCacheLock(options, () => repair(options));
}

function repair({ path, dimensions, files = DISK }: CacheRepairOptions): CacheRepair {
  if (!existsSync(path)) return { sound: 0, damaged: 0, setAside: null };
  const [kept, aside] = [`${path}.repaired`, freeName(`${path}.damaged`)];
  const [keptFile, asideFile] = [files.open(kept, 'w'), files.open(aside, 'w')];
  let sound = 0;
  let damaged = 0;
  try {
    for (const line of linesOf(path, 2 * lineBytes(dimensions))) {
      const isSound = checkLine(line, dimensions) !== undefined;
      files.write(isSound ? keptFile : asideFile, line);
      if (isSound) sound += 1;
      else damaged += 1;
    }
    files.sync(keptFile);
    files.sync(asideFile);
  } finally {
    files.close(keptFile);
    files.close(asideFile);
  }
  if (damaged === 0) {
    files.remove(kept);
    files.remove(aside);
    return { sound, damaged, setAside: null };
  }
  files.rename(kept, path);
  files.syncFolder(dirname(path));
  return { sound, damaged, setAside: aside };
}

/** What stands between line feeds, with its line feed; never more than `bytesMax` at once, so that memory is bounded. */
function* linesOf(path: string, bytesMax: number): Generator<Buffer> {
  const file = openSync(path, 'r');
  try {
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    let rest: Buffer = Buffer.alloc(0);
    for (;;) {
      const got = readSync(file, block, 0, block.length, null);
      if (got === 0) break;
      let from = 0;
      for (let end = block.indexOf(LF); end >= 0 && end < got; end = block.indexOf(LF, from)) {
        yield Buffer.concat([rest, block.subarray(from, end + 1)]);
        rest = Buffer.alloc(0);
        from = end + 1;
      }
      rest = Buffer.concat([rest, block.subarray(from, got)]);
      while (rest.length > bytesMax) {
        yield rest.subarray(0, bytesMax);
        rest = Buffer.from(rest.subarray(bytesMax));
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
