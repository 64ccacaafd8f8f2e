import type { EmbeddingReader, IndexingError } from '@lockstep/model';
import { checkLine, lineBytes, vectorOf } from './cache-line.ts';
import type { LineFile } from './line-file.ts';

export interface LineReaderOptions {
  readonly file: Pick<LineFile, 'line'>;
  readonly dimensions: number;
  /** The number of the line of a key; undefined when there is none. */
  find(key: string): number | undefined;
  /** The error for a line that is damaged or has another key. */
  damaged(number: number): IndexingError;
}

/** Reads vectors and marks by key, each from its line, which is checked every time. */
export function createLineReader({ file, dimensions, find, damaged }: LineReaderOptions): EmbeddingReader {
  // One buffer for all reads: a new one for each line makes more garbage than is collected.
  const buffer = Buffer.allocUnsafe(lineBytes(dimensions));

  /** Reads and checks the line of each key, and returns what `take` makes of it. */
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
