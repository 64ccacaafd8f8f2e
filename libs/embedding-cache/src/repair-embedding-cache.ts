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

/** The result of a repair. */
export interface CacheRepair {
  /** Sound lines, including those that lost only their line feed. */
  readonly sound: number;
  /** Lines and pieces of lines that were moved to another file. */
  readonly damaged: number;
  /** That file; null when nothing was damaged. */
  readonly setAside: string | null;
}

/**
 * Rewrites a cache with only its sound lines, in their order, and moves everything else to a file beside it, which
 * nothing reads. The cache is replaced in one step; a repair that fails or is killed leaves it unchanged. Repeating it
 * is safe. A cache without damage is only read. Fails with `lock-timeout` and `disk-failed`.
 */
export function repairEmbeddingCache(options: CacheRepairOptions): Promise<CacheRepair> {
  return withCacheLock(options, () => repair(options));
}

function repair({ path, dimensions, files = DISK }: CacheRepairOptions): CacheRepair {
  const [sound, damaged] = countLines(path, dimensions);
  if (damaged === 0) return { sound, damaged, setAside: null };
  const [repaired, aside] = [`${path}.repaired`, freeName(`${path}.damaged`)];
  try {
    separate(salvageLines(path, dimensions), files, { repaired, aside });
    // The name of the file with the damaged lines is synced before the cache loses them.
    files.syncFolder(dirname(path));
    files.rename(repaired, path);
  } catch (error) {
    discard(files, repaired, aside);
    throw error;
  }
  files.syncFolder(dirname(path));
  return { sound, damaged, setAside: aside };
}

/** The numbers of sound lines and of damaged pieces; 0 when there is no cache. */
function countLines(path: string, dimensions: number): [sound: number, damaged: number] {
  const counts: [number, number] = [0, 0];
  if (!existsSync(path)) return counts;
  for (const { isSound } of salvageLines(path, dimensions)) counts[isSound ? 0 : 1] += 1;
  return counts;
}

/** Writes sound lines to one file and damaged pieces to the other; both are on disk when it returns. */
function separate(
  lines: Iterable<SalvagedLine>,
  files: FileSystem,
  { repaired, aside }: { readonly repaired: string; readonly aside: string },
): void {
  const opened: number[] = [];
  const open = (path: string): number => {
    const file = files.open(path, 'w');
    opened.push(file);
    return file;
  };
  try {
    const [repairedFile, asideFile] = [open(repaired), open(aside)];
    for (const { bytes, isSound } of lines) files.write(isSound ? repairedFile : asideFile, bytes);
    for (const file of opened) files.sync(file);
  } finally {
    for (const file of opened) files.close(file);
  }
}

/** A name that no file has yet, so that the files of earlier repairs stay. */
function freeName(path: string): string {
  for (let number = 1; ; number += 1) {
    const name = `${path}-${number}`;
    if (!existsSync(name)) return name;
  }
}
