import {
  invariant,
  type CacheEntry,
  type EmbeddingCache,
  type EmbeddingReader,
  type EmbeddingSlice,
} from '@lockstep/model';

/** A cache and its slice in memory, which tests can read and change. */
export interface MemoryEmbeddings {
  readonly cache: EmbeddingCache;
  readonly slice: EmbeddingSlice;
  /** The vectors of the cache by embedding key: paid for, except those in `recovered`. */
  readonly paid: Map<string, Float32Array>;
  /** Keys of the cache whose vectors were read back from a store. */
  readonly recovered: Set<string>;
  /** The vectors of the slice by embedding key. */
  readonly sliced: Map<string, Float32Array>;
  /** Keys of the slice whose vectors were read back from a store. */
  readonly slicedRecovered: Set<string>;
  /** Calls of `append`, vectors that they stored, and slices that were written. */
  readonly cost: { appends: number; appended: number; slices: number };
}

/**
 * Embeddings in memory. A slice is written from sorted keys without repeats. As on disk, a key that the cache has stays as
 * it is, except that a paid vector replaces a recovered one.
 *
 * @param shared embeddings whose cache is used. @default an empty cache
 */
export function createMemoryEmbeddings(
  shared: Pick<MemoryEmbeddings, 'paid' | 'recovered'> = { paid: new Map(), recovered: new Set() },
): MemoryEmbeddings {
  const { paid, recovered } = shared;
  const sliced = new Map<string, Float32Array>();
  const slicedRecovered = new Set<string>();
  const cost = { appends: 0, appended: 0, slices: 0 };

  /** Stores a vector that the cache lacks, or a paid one in place of a recovered one. Returns whether it did. */
  function store({ key, vector, isRecovered = false }: CacheEntry): boolean {
    if (paid.has(key) && (isRecovered || !recovered.has(key))) return false;
    paid.set(key, vector.slice());
    if (isRecovered) recovered.add(key);
    else recovered.delete(key);
    return true;
  }

  return {
    paid,
    recovered,
    sliced,
    slicedRecovered,
    cost,
    cache: {
      ...createReader(paid, recovered),
      has: (key) => paid.has(key),
      async append(entries) {
        cost.appends += 1;
        cost.appended += entries.filter(store).length;
      },
      async adoptSlice() {
        const entries = Array.from(sliced, ([key, vector]) => ({ key, vector, isRecovered: slicedRecovered.has(key) }));
        return entries.filter(store).length;
      },
      async writeSlice(keys) {
        const written = new Map<string, Float32Array>();
        let previous = '';
        for await (const key of keys) {
          const vector = paid.get(key);
          invariant(vector !== undefined, 'a slice asks for an embedding that the cache lacks');
          invariant(key > previous, 'a slice asks for keys out of order');
          written.set(key, vector);
          previous = key;
        }
        sliced.clear();
        slicedRecovered.clear();
        for (const [key, vector] of written) {
          sliced.set(key, vector);
          if (recovered.has(key)) slicedRecovered.add(key);
        }
        cost.slices += 1;
        return written.size;
      },
    },
    slice: {
      ...createReader(sliced, slicedRecovered),
      async close() {},
    },
  };
}

function createReader(vectors: ReadonlyMap<string, Float32Array>, recovered: ReadonlySet<string>): EmbeddingReader {
  return {
    vectors: async (keys) => keys.map((key) => vectors.get(key)?.slice()),
    areRecovered: async (keys) => keys.map((key) => vectors.has(key) && recovered.has(key)),
  };
}
