import { connectReader } from '@lockstep/reader';
import type { LibraryCall } from './library-call.ts';

export const call: LibraryCall = async ({ openai, qdrant, neon }) => {
  const reader = connectReader({
    embedder: { apiKey: 'none', baseUrl: openai, model: 'm', dimensions: 64 },
    vectors: { url: qdrant, collection: 'no_such' },
    rows: {
      connectionString: 'postgresql://user:secret@ep-one.test/db',
      fetchEndpoint: `${neon}/sql`,
      table: 'no_such',
    },
  });
  return { found: await reader.search('whales', { filter: { page: 1 } }), expected: { hits: [], dropped: 0 } };
};
