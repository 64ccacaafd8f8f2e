import {
  closeSync,
  existsSync,
  fdatasyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { acquireFileLock, FileLockTimeoutError } from '@lockstep/file-lock';
import { IndexingError, invariant, type EmbeddingCache } from '@lockstep/model';
import { encodeLine, lineBytes } from './cache-line.ts';
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
}

/** Bytes gathered before a slice is written out. */
const SLICE_BLOCK_BYTES = 1024 * 1024;

/** Only its owner reads what was paid for. */
const MODE = 0o600;

/**
 * Opens the cache of one model: append only, one line per embedding, each with a checksum. Several processes may use it
 * at once: each append takes the lock, takes over what others have appended, and is synced before it returns.
 *
 * A torn last line, left by a killed writer, is cut off. A damaged line anywhere else fails with `cache-damaged` and
 * names the line.
 */
export async function openEmbeddingCache(
  options: EmbeddingCacheOptions,
): Promise<EmbeddingCache & { close(): Promise<void> }> {
  const { path, slicePath, dimensions } = options;
  const width = lineBytes(dimensions);
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'a+', MODE);
  const lines = openLineFile(path, dimensions);
  const numbers = new Map<string, number>();
  let known = 0;

  /** Learns the whole lines that are not known yet. */
  function learn(): void {
    if (lines.lines() === known) return;
    for (const key of lines.keys(known)) {
      if (key === undefined) throw damaged(known);
      numbers.set(key, known);
      known += 1;
    }
  }

  function damaged(number: number): IndexingError {
    return new IndexingError({
      code: 'cache-damaged',
      message: `Line ${number + 1} of the embedding cache ${basename(path)} is damaged.`,
      details: { line: number + 1 },
    });
  }

  async function locked<Result>(work: () => Result): Promise<Result> {
    const lock = await acquireFileLock({
      path: `${path}.lock`,
      waitMs: options.lockWaitMs,
      purpose: 'appending to the embedding cache',
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    }).catch((error: unknown) => {
      if (!(error instanceof FileLockTimeoutError)) throw error;
      throw new IndexingError({ code: 'lock-timeout', message: error.message });
    });
    try {
      return work();
    } finally {
      await lock.release();
    }
  }

  /** With the lock held: no writer is alive, so what is left of a line at the end is torn. */
  function settle(): void {
    learn();
    if (lines.bytes() !== known * width) ftruncateSync(file, known * width);
  }

  function appendLines(text: string, keys: readonly string[]): void {
    settle();
    const bytes = Buffer.from(text, 'latin1');
    for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
    fdatasyncSync(file);
    for (const key of keys) {
      numbers.set(key, known);
      known += 1;
    }
  }

  let queue: Promise<unknown> = locked(settle);
  await queue;

  /** One append of this process at a time. */
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = queue.then(work, work);
    queue = turn.catch(() => {});
    return turn;
  }

  return {
    has: (key) => numbers.has(key),
    append(entries) {
      const text = entries
        .map(({ key, vector }) => {
          invariant(vector.length === dimensions, 'a vector has another size than its cache');
          return encodeLine(key, vector);
        })
        .join('');
      const keys = entries.map(({ key }) => key);
      return inTurn(() => locked(() => appendLines(text, keys)));
    },
    async adoptSlice() {
      if (!existsSync(slicePath)) return 0;
      const slice = openLineFile(slicePath, dimensions);
      try {
        let adopted: { key: string; line: string }[] = [];
        let count = 0;
        let number = 0;
        const flush = async (): Promise<void> => {
          const text = adopted.map(({ line }) => line).join('');
          const keys = adopted.map(({ key }) => key);
          adopted = [];
          if (keys.length > 0) await inTurn(() => locked(() => appendLines(text, keys)));
        };
        for (const key of slice.keys(0)) {
          // A damaged line of an old slice is left: it is only a copy.
          if (key !== undefined && !numbers.has(key)) {
            adopted.push({ key, line: slice.line(number, Buffer.allocUnsafe(width)).toString('latin1') });
            count += 1;
            if (adopted.length * width >= SLICE_BLOCK_BYTES) await flush();
          }
          number += 1;
        }
        await flush();
        return count;
      } finally {
        slice.close();
      }
    },
    async writeSlice(keys) {
      mkdirSync(dirname(slicePath), { recursive: true });
      const temporary = options.temporaryPath ?? `${slicePath}.${process.pid}.tmp`;
      const slice = openSync(temporary, 'w', MODE);
      let count = 0;
      try {
        const block = Buffer.allocUnsafe(Math.max(1, Math.floor(SLICE_BLOCK_BYTES / width)) * width);
        let filled = 0;
        const flush = (): void => {
          for (let written = 0; written < filled;) written += writeSync(slice, block, written, filled - written);
          filled = 0;
        };
        for await (const key of keys) {
          const number = numbers.get(key);
          invariant(number !== undefined, 'a slice asks for an embedding that the cache does not hold');
          filled += lines.line(number, block, filled).length;
          count += 1;
          if (filled === block.length) flush();
        }
        flush();
      } finally {
        closeSync(slice);
      }
      renameSync(temporary, slicePath);
      return count;
    },
    async close() {
      await queue;
      lines.close();
      closeSync(file);
    },
  };
}
