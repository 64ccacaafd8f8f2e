import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { invariant, type EmbeddingCache } from '@lockstep/model';
import { openCacheFile, type NewLine } from './cache-file.ts';
import { encodeLine, lineBytes } from './cache-line.ts';
import { withCacheLock } from './cache-lock.ts';
import { followLate } from './follow-late.ts';
import { discard, DISK } from './disk.ts';
import type { FileSystem } from './file-system.ts';
import { openLineFile } from './line-file.ts';

export interface EmbeddingCacheOptions {
  /** The cache of one model, shared by all corpora. */
  readonly path: string;
  /** Where the slice of the corpus is, or is to be. */
  readonly slicePath: string;
  /** Where the slice is written before it is renamed, on the same disk; beside it where this says nothing. */
  readonly temporaryPath?: string;
  readonly dimensions: number;
  /** How long to wait for another process that is writing, in milliseconds. */
  readonly lockWaitMs: number;
  readonly signal?: AbortSignal | undefined;
  /** What writes its files; the disk itself where this says nothing. */
  readonly files?: FileSystem;
}

/** How long an append goes on waiting for its turn after the caller was stopped, in milliseconds. */
const LATE_MS = 400;

/** Bytes gathered before a slice is written out. */
const SLICE_BLOCK_BYTES = 1024 * 1024;

/**
 * Opens the cache of one model: append only, one line per embedding, each with a checksum. Several processes may use it
 * at once: each append takes the lock, takes over what others have appended, and is synced before it returns.
 *
 * Appending a key that is held already writes nothing, unless its vector is paid for and the one that is held was
 * recovered: then the new one counts. `vectors` and `areRecovered` read what `has` says is there.
 *
 * A torn last line, left by a killed writer, is cut off. A damaged line anywhere else fails with `cache-damaged` and
 * names the line. Where another file got the name meanwhile (`cache repair` gives it one), the next append goes on there.
 *
 * What the disk refuses fails with `disk-failed`. An append that failed may be repeated, also by whoever opens it next.
 */
export async function openEmbeddingCache(
  options: EmbeddingCacheOptions,
): Promise<EmbeddingCache & { close(): Promise<void> }> {
  const { path, slicePath, dimensions, files = DISK } = options;
  const width = lineBytes(dimensions);
  const cache = openCacheFile({ path, dimensions, files });

  // What is appended is paid for: it still gets its turn when the caller is stopped, if that comes soon.
  const late = options.signal && followLate(options.signal, LATE_MS);
  const locked = <Result>(work: () => Result) => withCacheLock({ ...options, signal: late }, work);

  let queue: Promise<unknown> = withCacheLock(options, () => cache.settle());
  try {
    await queue;
  } catch (error) {
    cache.close();
    throw error;
  }

  /** One append of this process at a time. */
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = queue.then(work, work);
    queue = turn.catch(() => {});
    return turn;
  }

  /** Copies the lines of keys to a file of their own, and gives how many. */
  async function copyLines(keys: AsyncIterable<string>, target: string): Promise<number> {
    const slice = files.open(target, 'w');
    let count = 0;
    try {
      const block = Buffer.allocUnsafe(Math.max(1, Math.floor(SLICE_BLOCK_BYTES / width)) * width);
      let filled = 0;
      const flush = (): void => {
        files.write(slice, block.subarray(0, filled));
        filled = 0;
      };
      for await (const key of keys) {
        const bytes = cache.lines.copy(key, block, filled);
        invariant(bytes !== undefined, 'a slice asks for an embedding that the cache does not hold');
        filled += bytes;
        count += 1;
        if (filled === block.length) flush();
      }
      flush();
    } finally {
      files.close(slice);
    }
    return count;
  }

  return {
    has: (key) => cache.lines.has(key),
    vectors: (keys) => cache.lines.vectors(keys),
    areRecovered: (keys) => cache.lines.areRecovered(keys),
    async append(entries) {
      const offered = entries.map((entry): NewLine => {
        invariant(entry.vector.length === dimensions, 'a vector has another size than its cache');
        return { key: entry.key, isRecovered: entry.isRecovered ?? false, text: encodeLine(entry) };
      });
      await inTurn(() => locked(() => cache.append(offered)));
    },
    async adoptSlice() {
      if (!existsSync(slicePath)) return 0;
      const slice = openLineFile(slicePath, dimensions);
      const buffer = Buffer.allocUnsafe(width);
      try {
        let offered: NewLine[] = [];
        let adopted = 0;
        let number = 0;
        const flush = async (): Promise<void> => {
          const batch = offered;
          offered = [];
          if (batch.length > 0) adopted += await inTurn(() => locked(() => cache.append(batch)));
        };
        for (const line of slice.checked(0, slice.lines())) {
          // A damaged line of an old slice is left: it is only a copy.
          if (line !== undefined && cache.lines.improves(line)) {
            offered.push({ ...line, text: slice.line(number, buffer).toString('latin1') });
            if (offered.length * width >= SLICE_BLOCK_BYTES) await flush();
          }
          number += 1;
        }
        await flush();
        return adopted;
      } finally {
        slice.close();
      }
    },
    async writeSlice(keys) {
      files.makeFolder(dirname(slicePath));
      const temporary = options.temporaryPath ?? `${slicePath}.${process.pid}.tmp`;
      try {
        const count = await copyLines(keys, temporary);
        files.rename(temporary, slicePath);
        return count;
      } catch (error) {
        discard(files, temporary);
        throw error;
      }
    },
    async close() {
      await queue;
      cache.close();
    },
  };
}
