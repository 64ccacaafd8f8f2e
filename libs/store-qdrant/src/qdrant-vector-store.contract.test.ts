import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { QdrantClient } from '@qdrant/js-client-rest';
import { startEmbeddedQdrant } from '@lockstep/embedded';
import { createInstantGuard, vectorStoreSuite, type VectorStoresUnderTest } from '@lockstep/testing-ports';
import { createQdrantVectorStore } from './qdrant-vector-store.ts';

/** Small enough for every test of the suite that writes or reads more than a few points. */
const STRICT = {
  enabled: true,
  max_query_limit: 90,
  upsert_max_batchsize: 80,
  write_rate_limit: 70,
};

/** The stores over collections that were made in strict mode before. */
function strictStoresAt(url: string): Omit<VectorStoresUnderTest, 'close'> {
  const official = new QdrantClient({ url, checkCompatibility: false });
  const stores = storesAt({ url });
  return {
    ...stores,
    store(collection) {
      const store = stores.store(collection);
      return {
        ...store,
        async ensure(spec, options) {
          const vectors = { size: spec.dimensions, distance: 'Cosine' } as const;
          const isMissing = (await store.inspect()) === undefined;
          const created = official.createCollection.bind(official, collection, { vectors, strict_mode_config: STRICT });
          // Another call may have made it.
          if (isMissing) await created().catch(() => {});
          await store.ensure(spec, options);
        },
      };
    },
  };
}

function storesAt({ url, apiKey }: { url: string; apiKey?: string }): Omit<VectorStoresUnderTest, 'close'> {
  const key = apiKey === undefined ? {} : { apiKey };
  const official = new QdrantClient({ url, ...key, checkCompatibility: false });
  return {
    store: (collection) =>
      createQdrantVectorStore({
        url: new URL(url),
        ...key,
        collection,
        guard: createInstantGuard('qdrant').guard,
        timeoutMs: 60_000,
      }),
    indexes: async (collection) => {
      const { payload_schema: schema } = await official.getCollection(collection);
      return Object.fromEntries(Object.entries(schema).map(([field, index]) => [field, index?.data_type ?? 'none']));
    },
    drop: async (collection) => void (await official.deleteCollection(collection)),
  };
}

vectorStoreSuite('a vector store in the embedded Qdrant', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'vector-store-'));
  const { url, close } = await startEmbeddedQdrant({ directory });
  return {
    ...storesAt({ url }),
    close: async () => {
      await close();
      await rm(directory, { recursive: true });
    },
  };
});

vectorStoreSuite('a vector store in a collection in strict mode', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'vector-store-'));
  const { url, close } = await startEmbeddedQdrant({ directory });
  return {
    ...strictStoresAt(url),
    close: async () => {
      await close();
      await rm(directory, { recursive: true });
    },
  };
});

const { QDRANT_URL: url, QDRANT_API_KEY: apiKey } = process.env;
if (url !== undefined && url !== '') {
  vectorStoreSuite('a vector store in the Qdrant at QDRANT_URL', () =>
    Promise.resolve({
      ...storesAt({ url, ...(apiKey === undefined ? {} : { apiKey }) }),
      close: () => Promise.resolve(),
    }),
  );
}
