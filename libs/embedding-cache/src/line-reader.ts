import type { EmbeddingReader, IndexingError } from '@lockstep/model';
import { checkLine, lineBytes, vectorOf } from './cache-line.ts';
import type { LineFile } from './line-file.ts';

export interface LineReaderOptions {
  readonly file: Pick<LineFile, 'line'>;
  readonly dimensions: number;
  /** Where the line of a key stands; undefined where there is none. */
  find(key: string): number | undefined;
  /** The failure for a line that is damaged or holds another key. */
  damaged(number: number): IndexingError;
}

/** Reads vectors and marks by key, each from its line, which is checked every time. */
export function createLineReader({ file, dimensions, find, damaged }: LineReaderOptions): EmbeddingReader {
  // One buffer for all reads: a fresh one a line is garbage faster than it is collected.
  const buffer = Buffer.allocUnsafe(lineBytes(dimensions));

  /** Reads each key's line and takes what is wanted of it. */
  function read<Part>(keys: readonly string[], absent: Part, take: (isRecovered: boolean) => Part): Part[] {
    return keys.map((key) => {
      const number = find(key);
      if (number === undefined) return absent;
      const checked = checkLine(file.line(number, buffer), dimensions);
      if (checked?.key !== key) throw damaged(number);
      return take(checked.isRecovered);
    });
  }

  return {
    vectors: async (keys) => read<Float32Array | undefined>(keys, undefined, () => vectorOf(buffer, dimensions)),
    areRecovered: async (keys) => read(keys, false, (isRecovered) => isRecovered),
  };
}
