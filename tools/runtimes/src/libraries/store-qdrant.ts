import { createGuard } from '@lockstep/resilience';
import { createQdrantVectorStore } from '@lockstep/store-qdrant';
import type { LibraryCall } from './library-call.ts';

const guard = createGuard({ dependency: 'qdrant' });

export const call: LibraryCall = async ({ qdrant }) => {
  const url = new URL(qdrant);
  const store = createQdrantVectorStore({ url, collection: 'no_such', guard, timeoutMs: 60_000 });
  return { found: [await store.count('moby-dick'), await store.inspect()], expected: [0, undefined] };
};
