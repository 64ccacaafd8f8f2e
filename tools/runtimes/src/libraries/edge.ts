import edge from '@lockstep/edge';
import type { LibraryCall } from './library-call.ts';

export const call: LibraryCall = async ({ openai, qdrant, neon }) => {
  const bindings = {
    OPENAI_BASE_URL: openai,
    QDRANT_HOST: qdrant,
    NEON_POSTGRES_CONNECTION_STRING: 'postgresql://user:secret@ep-one.test/db',
    NEON_FETCH_ENDPOINT: `${neon}/sql`,
    LOCKSTEP_TOKEN: 'a-token-of-this-trial',
    LOCKSTEP_COLLECTION: 'no_such',
    LOCKSTEP_TABLE: 'no_such',
  };
  const headers = { authorization: `Bearer ${bindings.LOCKSTEP_TOKEN}` };
  const request = new Request('https://edge.invalid/verify?corpus=moby-dick', { headers });
  const { ok, compared } = (await (await edge.fetch(request, bindings)).json()) as { ok: boolean; compared: number };
  return { found: [ok, compared], expected: [true, 0] };
};
