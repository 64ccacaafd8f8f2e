export { openEmbeddingCache, type EmbeddingCacheOptions } from './embedding-cache.ts';
export { openEmbeddingSlice, type EmbeddingSliceOptions } from './embedding-slice.ts';
