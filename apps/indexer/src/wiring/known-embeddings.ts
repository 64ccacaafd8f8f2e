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
 * The vectors that need not be embedded: those in the slice of the corpus, which `embed` reuses, and those in the
 * cache. Read-only. The cache, which is shared by all corpora, is opened only if the slice lacks something.
 */
export function openKnownEmbeddings(options: {
  readonly cachePath: string;
  readonly slicePath: string;
  readonly dimensions: number;
  /** Receipt of the `embed` that wrote the slice. */
  readonly embedded: EmbedReceipt | undefined;
}): EmbeddingCacheReader & Required<KnownKeys> {
  const { cachePath, slicePath, dimensions, embedded } = options;
  const slice = openSliceIfIntact({ path: slicePath, dimensions });
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

/** Undefined if there is no slice, or if it is cut or of other dimensions. */
function openSliceIfIntact(options: EmbeddingSliceOptions): OpenEmbeddingSlice | undefined {
  if (!existsSync(options.path)) return undefined;
  try {
    return openEmbeddingSlice(options);
  } catch (error) {
    if (isIndexingError(error) && error.code === 'artifact-damaged') return undefined;
    throw error;
  }
}
