export { openEmbeddingCache, type EmbeddingCacheOptions } from './embedding-cache.ts';
export { repairEmbeddingCache, type CacheRepair } from './repair-embedding-cache.ts';
export { openEmbeddingSlice, type EmbeddingSliceOptions, type OpenEmbeddingSlice } from './embedding-slice.ts';
export { DISK } from './disk.ts';
export type { FileSystem } from './file-system.ts';
export {
  readEmbeddingCache,
  type EmbeddingCacheReader,
  type ReadEmbeddingCacheOptions,
} from './read-embedding-cache.ts';
