import { createOpenAiEmbedder } from '@lockstep/embed-openai';
import { createGuard } from '@lockstep/resilience';
import type { LibraryCall } from './library-call.ts';

const guard = createGuard({ dependency: 'openai' });

export const call: LibraryCall = async ({ openai: baseUrl }) => {
  const embedder = createOpenAiEmbedder({
    ...{ apiKey: 'none', baseUrl, model: 'm', dimensions: 64 },
    guard,
    timeoutMs: 60_000,
  });
  const { vectors } = await embedder.embed(['a whale', 'a ship']);
  return { found: vectors.map(({ length }) => length), expected: [64, 64] };
};
