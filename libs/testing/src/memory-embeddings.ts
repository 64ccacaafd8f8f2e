import { invariant, type EmbeddingCache, type EmbeddingSlice } from '@lockstep/model';

/** A cache and its slice in memory, open to tests. */
export interface MemoryEmbeddings {
  readonly cache: EmbeddingCache;
  readonly slice: EmbeddingSlice;
  /** All that was paid for, by embedding key. */
  readonly paid: Map<string, Float32Array>;
  /** What the slice holds. Tests may plant damage in it. */
  readonly sliced: Map<string, Float32Array>;
  readonly cost: { appends: number; appended: number; slices: number };
}

/** Embeddings in memory. A slice asks for sorted keys without repeats, as the one on disk does. */
export function createMemoryEmbeddings(): MemoryEmbeddings {
  const paid = new Map<string, Float32Array>();
  const sliced = new Map<string, Float32Array>();
  const cost = { appends: 0, appended: 0, slices: 0 };
  return {
    paid,
    sliced,
    cost,
    cache: {
      has: (key) => paid.has(key),
      async append(entries) {
        for (const { key, vector } of entries) paid.set(key, vector.slice());
        cost.appends += 1;
        cost.appended += entries.length;
      },
      async adoptSlice() {
        const news = [...sliced].filter(([key]) => !paid.has(key));
        for (const [key, vector] of news) paid.set(key, vector);
        return news.length;
      },
      async writeSlice(keys) {
        const written = new Map<string, Float32Array>();
        let previous = '';
        for await (const key of keys) {
          const vector = paid.get(key);
          invariant(vector !== undefined, 'a slice asks for an embedding that the cache does not hold');
          invariant(key > previous, 'a slice asks for keys out of order');
          written.set(key, vector);
          previous = key;
        }
        sliced.clear();
        for (const [key, vector] of written) sliced.set(key, vector);
        cost.slices += 1;
        return written.size;
      },
    },
    slice: {
      vectors: async (keys) => keys.map((key) => sliced.get(key)?.slice()),
      async close() {},
    },
  };
}
