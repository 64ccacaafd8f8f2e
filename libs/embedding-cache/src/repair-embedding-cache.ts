import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { withCacheLock } from './cache-lock.ts';
import { discard, DISK } from './disk.ts';
import type { FileSystem } from './file-system.ts';
import { salvageLines, type SalvagedLine } from './salvage-lines.ts';

export interface CacheRepairOptions {
  readonly path: string;
  readonly dimensions: number;
  /** How long to wait for another process that is writing, in milliseconds. */
  readonly lockWaitMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly files?: FileSystem;
}

/** What a repair found. */
export interface CacheRepair {
  /** Lines that are sound, those of which the line feed alone was lost among them. */
  readonly sound: number;
  /** Lines and pieces of lines that were set aside. */
  readonly damaged: number;
  /** Where they are now; null where there were none. */
  readonly setAside: string | null;
}

/**
 * Keeps the sound lines of a cache, in their order, wherever damage left them, and sets all else aside in a file beside
 * it, which nothing reads. The cache is replaced in one step; a repair that fails or is cut short leaves it as it was.
 * Repeating it is safe. A cache without damage is only read. Fails with `lock-timeout` and `disk-failed`.
 */
export function repairEmbeddingCache(options: CacheRepairOptions): Promise<CacheRepair> {
  return withCacheLock(options, () => repair(options));
}

function repair({ path, dimensions, files = DISK }: CacheRepairOptions): CacheRepair {
  const [sound, damaged] = countLines(path, dimensions);
  if (damaged === 0) return { sound, damaged, setAside: null };
  const [kept, aside] = [`${path}.repaired`, freeName(`${path}.damaged`)];
  try {
    separate(salvageLines(path, dimensions), files, { kept, aside });
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
  for (const { isSound } of salvageLines(path, dimensions)) counts[isSound ? 0 : 1] += 1;
  return counts;
}

/** Writes lines to one file or the other; both are on disk when it returns. */
function separate(
  lines: Iterable<SalvagedLine>,
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

/** A name that no file has yet: what was set aside before stays. */
function freeName(path: string): string {
  for (let number = 1; ; number += 1) {
    const name = `${path}-${number}`;
    if (!existsSync(name)) return name;
  }
}
