import { basename } from 'node:path';
import { IndexingError, type EmbeddingReader } from '@lockstep/model';
import { lineBytes, type CheckedLine } from './cache-line.ts';
import { openLineFile } from './line-file.ts';
import { createLineReader } from './line-reader.ts';

/**
 * The lines of a cache, found by key. Keys and line numbers are in memory, vectors are not. A key may have several
 * lines: the last one is used, but a recovered vector never hides a paid one.
 */
export interface IndexedLines extends EmbeddingReader {
  has(key: string): boolean;
  /** Whether the cache needs a line: it has none for the key, or a recovered vector and the new one is paid. */
  improves(line: CheckedLine): boolean;
  /** Indexes the whole lines that are not indexed yet. Fails at a damaged one with `cache-damaged`, which names it. */
  indexNewLines(): void;
  /** Indexes a line that was appended after those that are indexed. */
  add(line: CheckedLine): void;
  /** Bytes of the lines that are indexed. */
  indexedBytes(): number;
  fileBytes(): number;
  /** Reads the line of a key into a buffer at an offset, and returns its bytes; undefined when there is none. */
  copy(key: string, into: Buffer, offset: number): number | undefined;
  close(): void;
}

/** Opens a file that exists. No line is indexed yet. */
export function openIndexedLines(path: string, dimensions: number): IndexedLines {
  const file = openLineFile(path, dimensions);
  const width = lineBytes(dimensions);
  /** Line numbers by key; `~number`, which is negative, for a recovered vector. */
  const places = new Map<string, number>();
  let indexed = 0;

  function find(key: string): number | undefined {
    const place = places.get(key);
    return place !== undefined && place < 0 ? ~place : place;
  }

  function add({ key, isRecovered }: CheckedLine): void {
    const hidesPaid = isRecovered && (places.get(key) ?? -1) >= 0;
    if (!hidesPaid) places.set(key, isRecovered ? ~indexed : indexed);
    indexed += 1;
  }

  function damaged(number: number): IndexingError {
    return new IndexingError({
      code: 'cache-damaged',
      message: `Line ${number + 1} of the embedding cache ${basename(path)} is damaged.`,
      details: { line: number + 1 },
    });
  }

  return {
    ...createLineReader({ file, dimensions, find, damaged }),
    has: (key) => places.has(key),
    improves({ key, isRecovered }) {
      const place = places.get(key);
      return place === undefined || (place < 0 && !isRecovered);
    },
    indexNewLines() {
      const whole = file.lines();
      if (whole === indexed) return;
      for (const line of file.checked(indexed, whole)) {
        if (line === undefined) throw damaged(indexed);
        add(line);
      }
    },
    add,
    indexedBytes: () => indexed * width,
    fileBytes: () => file.bytes(),
    copy(key, into, offset) {
      const number = find(key);
      return number === undefined ? undefined : file.line(number, into, offset).length;
    },
    close: () => file.close(),
  };
}
