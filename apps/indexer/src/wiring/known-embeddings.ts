import { existsSync } from 'node:fs';
import {
  openEmbeddingSlice,
  readEmbeddingCache,
  type EmbeddingCacheReader,
  type EmbeddingSliceOptions,
  type OpenEmbeddingSlice,
} from '@lockstep/embedding-cache';
import { isIndexingError } from '@lockstep/model';
import type { EmbedReceipt, KnownKeys } from '@lockstep/pipeline';

/**
 * What need not be embedded: the vectors of the corpus's slice, which `embed` takes over, and those of the cache. Opened
 * for reading alone; the cache, which is of all corpora, only when the slice lacks something.
 */
export function openKnownEmbeddings(options: {
  readonly cachePath: string;
  readonly slicePath: string;
  readonly dimensions: number;
  /** The receipt of the `embed` that made the slice. */
  readonly embedded: EmbedReceipt | undefined;
}): EmbeddingCacheReader & Required<KnownKeys> {
  const { cachePath, slicePath, dimensions, embedded } = options;
  const slice = sliceIfSound({ path: slicePath, dimensions });
  let opened: EmbeddingCacheReader | undefined;
  const cache = (): EmbeddingCacheReader => (opened ??= readEmbeddingCache({ path: cachePath, dimensions }));
  return {
    hasAllOf: (wantedDigest) =>
      embedded?.digest === wantedDigest && embedded.left + embedded.refused === 0 && slice?.count === embedded.texts,
    has: (key) => slice?.has(key) === true || cache().has(key),
    async vectors(keys) {
      const cached = await cache().vectors(keys);
      const sliced = await slice?.vectors(keys);
      return keys.map((_, at) => cached[at] ?? sliced?.[at]);
    },
    async areRecovered(keys) {
      const cached = await cache().areRecovered(keys);
      const sliced = await slice?.areRecovered(keys);
      return keys.map((key, at) => (cache().has(key) ? cached[at] : sliced?.[at]) === true);
    },
    async close() {
      await opened?.close();
      await slice?.close();
    },
  };
}

/** A slice that is cut, or of another model, has nothing that is worth taking over. */
function sliceIfSound(options: EmbeddingSliceOptions): OpenEmbeddingSlice | undefined {
  if (!existsSync(options.path)) return undefined;
  try {
    return openEmbeddingSlice(options);
  } catch (error) {
    if (isIndexingError(error) && error.code === 'artifact-damaged') return undefined;
    throw error;
  }
}
