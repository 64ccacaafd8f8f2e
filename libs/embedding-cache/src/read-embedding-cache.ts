import type { EmbeddingReader } from '@lockstep/model';
import { openIndexedLines, type IndexedLines } from './indexed-lines.ts';

export interface ReadEmbeddingCacheOptions {
  /** The file of the cache of one model. It need not exist. */
  readonly path: string;
  readonly dimensions: number;
}

/** The embeddings that a cache had when it was opened. */
export interface EmbeddingCacheReader extends EmbeddingReader {
  has(key: string): boolean;
  close(): Promise<void>;
}

/**
 * Opens the cache of one model only for reading: creates no file and no folder, takes no lock, and leaves an incomplete
 * last line, which a writer may be writing. Finds nothing when the file does not exist. A damaged line fails with
 * `cache-damaged`, which names it.
 */
export function readEmbeddingCache(options: ReadEmbeddingCacheOptions): EmbeddingCacheReader {
  const lines = openIfThere(options);
  if (lines === undefined) return NOTHING;
  try {
    lines.indexNewLines();
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
