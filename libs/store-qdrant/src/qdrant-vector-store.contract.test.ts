import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { QdrantClient } from '@qdrant/js-client-rest';
import { startEmbeddedQdrant } from '@lockstep/embedded';
import { createInstantGuard, vectorStoreSuite, type VectorStoresUnderTest } from '@lockstep/testing-ports';
import { createQdrantVectorStore } from './qdrant-vector-store.ts';

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

const { QDRANT_URL: url, QDRANT_API_KEY: apiKey } = process.env;
if (url !== undefined && url !== '') {
  vectorStoreSuite('a vector store in the Qdrant at QDRANT_URL', () =>
    Promise.resolve({
      ...storesAt({ url, ...(apiKey === undefined ? {} : { apiKey }) }),
      close: () => Promise.resolve(),
    }),
  );
}
