import type { EmbeddingReader } from '@lockstep/model';
import { openIndexedLines, type IndexedLines } from './indexed-lines.ts';

export interface ReadEmbeddingCacheOptions {
  /** The cache of one model. It need not be there. */
  readonly path: string;
  readonly dimensions: number;
}

/** What a cache held when it was opened. */
export interface EmbeddingCacheReader extends EmbeddingReader {
  has(key: string): boolean;
  close(): Promise<void>;
}

/**
 * Opens the cache of one model for reading alone: makes no file and no folder, takes no lock, and leaves a torn last
 * line where it is, since a writer may be at work. Finds nothing where there is no file. A damaged line fails with
 * `cache-damaged`, and is named.
 */
export function readEmbeddingCache(options: ReadEmbeddingCacheOptions): EmbeddingCacheReader {
  const lines = openIfThere(options);
  if (lines === undefined) return NOTHING;
  try {
    lines.learn();
  } catch (error) {
    lines.close();
    throw error;
  }
  const { has, vectors, areRecovered } = lines;
  return { has, vectors, areRecovered, close: async () => lines.close() };
}

function openIfThere({ path, dimensions }: ReadEmbeddingCacheOptions): IndexedLines | undefined {
  try {
    return openIndexedLines(path, dimensions);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const NOTHING: EmbeddingCacheReader = {
  has: () => false,
  vectors: async (keys) => keys.map(() => undefined),
  areRecovered: async (keys) => keys.map(() => false),
  async close() {},
};
