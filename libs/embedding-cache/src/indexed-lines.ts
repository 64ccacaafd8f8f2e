import { basename } from 'node:path';
import { IndexingError, type EmbeddingReader } from '@lockstep/model';
import { lineBytes, type CheckedLine } from './cache-line.ts';
import { openLineFile } from './line-file.ts';
import { createLineReader } from './line-reader.ts';

/**
 * The lines of a cache, found by key. In memory are the keys and the numbers of their lines, no vector. A key may have
 * several lines: the last one counts, but a recovered vector never in place of a paid one.
 */
export interface IndexedLines extends EmbeddingReader {
  has(key: string): boolean;
  /** Whether a line would be worth appending: its key has none yet, or it is paid for and the one there is recovered. */
  improves(line: CheckedLine): boolean;
  /** Learns the whole lines that are not known yet. Fails at a damaged one with `cache-damaged`, and names it. */
  learn(): void;
  /** Says that a line was appended after those that are known. */
  add(line: CheckedLine): void;
  /** Bytes of the lines that are known. */
  knownBytes(): number;
  fileBytes(): number;
  /** Reads the line of a key into a buffer at an offset, and gives its bytes; undefined where there is none. */
  copy(key: string, into: Buffer, offset: number): number | undefined;
  close(): void;
}

/** Opens a file that is there, and knows no line of it yet. */
export function openIndexedLines(path: string, dimensions: number): IndexedLines {
  const file = openLineFile(path, dimensions);
  const width = lineBytes(dimensions);
  /** Line numbers by key; `~number`, which is negative, for a recovered vector. */
  const places = new Map<string, number>();
  let known = 0;

  function find(key: string): number | undefined {
    const place = places.get(key);
    return place !== undefined && place < 0 ? ~place : place;
  }

  function add({ key, isRecovered }: CheckedLine): void {
    const hidesPaid = isRecovered && (places.get(key) ?? -1) >= 0;
    if (!hidesPaid) places.set(key, isRecovered ? ~known : known);
    known += 1;
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
    learn() {
      const whole = file.lines();
      if (whole === known) return;
      for (const line of file.checked(known, whole)) {
        if (line === undefined) throw damaged(known);
        add(line);
      }
    },
    add,
    knownBytes: () => known * width,
    fileBytes: () => file.bytes(),
    copy(key, into, offset) {
      const number = find(key);
      return number === undefined ? undefined : file.line(number, into, offset).length;
    },
    close: () => file.close(),
  };
}
