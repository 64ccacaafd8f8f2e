import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { invariant, type EmbeddingCache } from '@lockstep/model';
import { openCacheFile, type NewLine } from './cache-file.ts';
import { encodeLine, lineBytes } from './cache-line.ts';
import { withCacheLock } from './cache-lock.ts';
import { delayAbort } from './delay-abort.ts';
import { discard, DISK } from './disk.ts';
import type { FileSystem } from './file-system.ts';
import { openLineFile } from './line-file.ts';

export interface EmbeddingCacheOptions {
  /** The cache of one model, shared by all corpora. */
  readonly path: string;
  /** The file of the corpus's slice. It need not exist yet. */
  readonly slicePath: string;
  /**
   * Where the slice is written before it is renamed; on the same disk.
   *
   * @default a file beside the slice
   */
  readonly temporaryPath?: string;
  readonly dimensions: number;
  /** How long to wait for another process that is writing, in milliseconds. */
  readonly lockWaitMs: number;
  readonly signal?: AbortSignal | undefined;
  /**
   * Writes the files.
   *
   * @default the disk
   */
  readonly files?: FileSystem;
}

/** How long an append still waits for the lock after its caller was aborted, in milliseconds. */
const ABORT_DELAY_MS = 400;

/** Bytes gathered before a slice is written out. */
const SLICE_BLOCK_BYTES = 1024 * 1024;

/**
 * Opens the cache of one model: append only, one line per embedding, each with a checksum. Several processes may use it
 * at once: each append takes the lock, indexes what others have appended, and is synced before it returns.
 *
 * Appending a key that the cache has already writes nothing, unless the new vector is paid for and the stored one was
 * recovered: then the new one replaces it. `vectors` and `areRecovered` find the keys for which `has` is true.
 *
 * An incomplete last line, left by a killed writer, is cut off. A damaged line anywhere else fails with
 * `cache-damaged`, which names the line. When another file has been put at the path (`cache repair` does that), the
 * next append goes there.
 *
 * An error of the disk becomes `disk-failed`. A failed append may be repeated, also after the cache was opened again.
 */
export async function openEmbeddingCache(
  options: EmbeddingCacheOptions,
): Promise<EmbeddingCache & { close(): Promise<void> }> {
  const { path, slicePath, dimensions, files = DISK } = options;
  const width = lineBytes(dimensions);
  const cache = openCacheFile({ path, dimensions, files });

  // Vectors to append are paid for, so an append whose caller is aborted still waits a short time for the lock.
  const delayedSignal = options.signal && delayAbort(options.signal, ABORT_DELAY_MS);
  const locked = <Result>(work: () => Result) => withCacheLock({ ...options, signal: delayedSignal }, work);

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

  /** Copies the lines of keys to another file, and returns how many. */
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
        invariant(bytes !== undefined, 'a slice needs an embedding that the cache does not have');
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
          // A damaged line of an old slice is skipped: it is only a copy.
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
