import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { invariant, type EmbeddingCache } from '@lockstep/model';
import { encodeLine, lineBytes, type CheckedLine } from './cache-line.ts';
import { withCacheLock } from './cache-lock.ts';
import { DISK, type FileSystem } from './file-system.ts';
import { openIndexedLines } from './indexed-lines.ts';
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
  readonly signal?: AbortSignal;
  /** What writes its files; the disk itself where this says nothing. */
  readonly files?: FileSystem;
}

/** Bytes gathered before a slice is written out. */
const SLICE_BLOCK_BYTES = 1024 * 1024;

/** A line to append. */
interface NewLine extends CheckedLine {
  readonly text: string;
}

/**
 * Opens the cache of one model: append only, one line per embedding, each with a checksum. Several processes may use it
 * at once: each append takes the lock, takes over what others have appended, and is synced before it returns.
 *
 * Appending a key that is held already writes nothing, unless its vector is paid for and the one that is held was
 * recovered: then the new one counts. `vectors` and `areRecovered` read what `has` says is there.
 *
 * A torn last line, left by a killed writer, is cut off. A damaged line anywhere else fails with `cache-damaged` and
 * names the line.
 */
export async function openEmbeddingCache(
  options: EmbeddingCacheOptions,
): Promise<EmbeddingCache & { close(): Promise<void> }> {
  const { path, slicePath, dimensions, files = DISK } = options;
  const width = lineBytes(dimensions);
  files.makeFolder(dirname(path));
  let isNew = !existsSync(path);
  const file = files.open(path, 'a');
  const lines = openIndexedLines(path, dimensions);

  const locked = <Result>(work: () => Result) => withCacheLock(options, work);

  /** With the lock held: no writer is alive, so what is left of a line at the end is torn. */
  function settle(): void {
    lines.learn();
    if (lines.fileBytes() !== lines.knownBytes()) files.truncate(file, lines.knownBytes());
  }

  /** With the lock held: appends those that are worth it, and returns how many. */
  function appendLines(offered: readonly NewLine[]): number {
    settle();
    const taken = new Map<string, NewLine>();
    for (const line of offered) {
      const earlier = taken.get(line.key);
      const isWorthIt = earlier === undefined ? lines.improves(line) : earlier.isRecovered && !line.isRecovered;
      if (isWorthIt) taken.set(line.key, line);
    }
    const text = Array.from(taken.values(), (line) => line.text).join('');
    files.write(file, Buffer.from(text, 'latin1'));
    files.sync(file);
    if (isNew) files.syncFolder(dirname(path));
    isNew = false;
    for (const line of taken.values()) lines.add(line);
    return taken.size;
  }

  function closeFiles(): void {
    lines.close();
    files.close(file);
  }

  let queue: Promise<unknown> = locked(settle);
  try {
    await queue;
  } catch (error) {
    closeFiles();
    throw error;
  }

  /** One append of this process at a time. */
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = queue.then(work, work);
    queue = turn.catch(() => {});
    return turn;
  }

  return {
    has: lines.has,
    vectors: lines.vectors,
    areRecovered: lines.areRecovered,
    async append(entries) {
      const offered = entries.map((entry): NewLine => {
        invariant(entry.vector.length === dimensions, 'a vector has another size than its cache');
        return { key: entry.key, isRecovered: entry.isRecovered ?? false, text: encodeLine(entry) };
      });
      await inTurn(() => locked(() => appendLines(offered)));
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
          if (batch.length > 0) adopted += await inTurn(() => locked(() => appendLines(batch)));
        };
        for (const line of slice.checked(0, slice.lines())) {
          // A damaged line of an old slice is left: it is only a copy.
          if (line !== undefined && lines.improves(line)) {
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
      const slice = files.open(temporary, 'w');
      let count = 0;
      try {
        const block = Buffer.allocUnsafe(Math.max(1, Math.floor(SLICE_BLOCK_BYTES / width)) * width);
        let filled = 0;
        const flush = (): void => {
          files.write(slice, block.subarray(0, filled));
          filled = 0;
        };
        for await (const key of keys) {
          const bytes = lines.copy(key, block, filled);
          invariant(bytes !== undefined, 'a slice asks for an embedding that the cache does not hold');
          filled += bytes;
          count += 1;
          if (filled === block.length) flush();
        }
        flush();
      } finally {
        files.close(slice);
      }
      files.rename(temporary, slicePath);
      return count;
    },
    async close() {
      await queue;
      closeFiles();
    },
  };
}
