import { readEmbeddingCache, type EmbeddingCacheReader } from '@lockstep/embedding-cache';

/**
 * What need not be embedded: the vectors of the cache, and those of the corpus's slice, which `embed` takes over. Opened
 * for reading alone.
 */
export async function openKnownEmbeddings(options: {
  readonly cachePath: string;
  readonly slicePath: string;
  readonly dimensions: number;
}): Promise<EmbeddingCacheReader> {
  const { cachePath, slicePath, dimensions } = options;
  const cache = await readEmbeddingCache({ path: cachePath, dimensions });
  const slice = await readEmbeddingCache({ path: slicePath, dimensions });
  return {
    has: (key) => cache.has(key) || slice.has(key),
    async vectors(keys) {
      const cached = await cache.vectors(keys);
      const sliced = await slice.vectors(keys);
      return keys.map((_, at) => cached[at] ?? sliced[at]);
    },
    async areRecovered(keys) {
      const cached = await cache.areRecovered(keys);
      const sliced = await slice.areRecovered(keys);
      return keys.map((key, at) => (cache.has(key) ? cached[at] === true : sliced[at] === true));
    },
    async close() {
      await cache.close();
      await slice.close();
    },
  };
}
