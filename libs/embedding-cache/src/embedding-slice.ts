import { existsSync } from 'node:fs';
import { IndexingError, type EmbeddingSlice } from '@lockstep/model';
import { lineBytes } from './cache-line.ts';
import { openLineFile, type LineFile } from './line-file.ts';
import { createLineReader } from './line-reader.ts';

export interface EmbeddingSliceOptions {
  readonly path: string;
  readonly dimensions: number;
}

/** A slice whose keys can be looked up. A line is checked only when its vector or mark is read. */
export interface OpenEmbeddingSlice extends EmbeddingSlice {
  has(key: string): boolean;
  /** Number of lines, one for each key. */
  readonly count: number;
}

/**
 * Opens the slice of a corpus: lines sorted by key. Keys are hashes, spread evenly, so that interpolation search finds
 * a line in two or three reads, without an index and without memory that grows with the corpus.
 */
export function openEmbeddingSlice({ path, dimensions }: EmbeddingSliceOptions): OpenEmbeddingSlice {
  if (!existsSync(path)) {
    throw new IndexingError({
      code: 'artifact-missing',
      message: 'There is no embedding slice of this corpus yet. Run embed first.',
    });
  }
  const file = openLineFile(path, dimensions);
  const count = file.lines();
  if (count * lineBytes(dimensions) !== file.bytes()) {
    file.close();
    throw new IndexingError({
      code: 'artifact-damaged',
      message: `The embedding slice is cut, or not of vectors of ${dimensions} dimensions. Run embed again.`,
    });
  }
  return {
    ...createLineReader({
      file,
      dimensions,
      find: (key) => findLine(file, count, key),
      damaged: (number) =>
        new IndexingError({
          code: 'artifact-damaged',
          message: `Line ${number + 1} of the embedding slice is damaged. Run embed again.`,
        }),
    }),
    has: (key) => findLine(file, count, key) !== undefined,
    count,
    async close() {
      file.close();
    },
  };
}

/** Interpolation steps before the search becomes binary, for keys that are not spread evenly. */
const INTERPOLATION_STEPS = 12;

function findLine(file: Pick<LineFile, 'key'>, count: number, key: string): number | undefined {
  const wanted = fractionOf(key);
  let low = 0;
  let high = count - 1;
  let lowFraction = 0;
  let highFraction = 1;
  for (let step = 0; low <= high; step += 1) {
    const share = highFraction > lowFraction ? (wanted - lowFraction) / (highFraction - lowFraction) : 0.5;
    const guess = step < INTERPOLATION_STEPS ? low + Math.floor(share * (high - low + 1)) : (low + high) >>> 1;
    const number = Math.min(high, Math.max(low, guess));
    const found = file.key(number);
    if (found === key) return number;
    if (found < key) {
      low = number + 1;
      lowFraction = fractionOf(found);
    } else {
      high = number - 1;
      highFraction = fractionOf(found);
    }
  }
  return undefined;
}

/** The place of a key among all possible keys, from 0 to 1. */
function fractionOf(key: string): number {
  return Number.parseInt(key.slice(0, 12), 16) / 2 ** 48;
}
