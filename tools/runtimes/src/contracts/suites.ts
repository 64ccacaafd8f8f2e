import { createOpenAiEmbedder } from '@lockstep/embed-openai';
import { createNeonClient } from '@lockstep/store-neon/neon-client';
import { createQdrantVectorStore } from '@lockstep/store-qdrant';
import { createInstantGuard, embedderSuite, vectorStoreSuite } from '@lockstep/testing-ports';
import { postgresStoreSuites } from '@lockstep/testing-postgres/suites';
import type { ServiceAddresses } from '../libraries/library-call.ts';

/** Registers the suites of an adapter, by the name of its project; all run in a Worker. */
export const ADAPTER_SUITES: Readonly<Record<string, (services: ServiceAddresses) => void>> = {
  'embed-openai': ({ openai: baseUrl }) =>
    embedderSuite("an embedder at a server that speaks OpenAI's protocol", async () => ({
      embedder: () =>
        createOpenAiEmbedder({
          apiKey: 'none',
          baseUrl,
          model: 'm',
          dimensions: 64,
          guard: createInstantGuard('openai').guard,
          timeoutMs: 60_000,
        }),
      close: () => Promise.resolve(),
    })),
  'store-neon': ({ neon }) =>
    postgresStoreSuites('Neon', async () => ({
      client: (guard) =>
        createNeonClient({
          connectionString: 'postgresql://user:secret@ep-one.test/db',
          fetchEndpoint: `${neon}/sql`,
          guard,
        }),
    })),
  'store-qdrant': ({ qdrant }) =>
    vectorStoreSuite('a vector store in the embedded Qdrant', async () => ({
      store: (collection) =>
        createQdrantVectorStore({
          url: new URL(qdrant),
          collection,
          guard: createInstantGuard('qdrant').guard,
          timeoutMs: 60_000,
        }),
      async indexes(collection) {
        const response = await fetch(`${qdrant}/collections/${collection}`);
        const { result } = (await response.json()) as { result: { payload_schema: Record<string, Index> } };
        return Object.fromEntries(
          Object.entries(result.payload_schema).map(([field, index]) => [field, index.data_type]),
        );
      },
      drop: async (collection) =>
        void (await fetch(`${qdrant}/collections/${collection}`, { method: 'DELETE' })).body?.cancel(),
      close: () => Promise.resolve(),
    })),
};

interface Index {
  readonly data_type: string;
}
