import { startStubOpenAi } from '@lockstep/testing-faults';
import { createInstantGuard, embedderSuite } from '@lockstep/testing-ports';
import { createOpenAiEmbedder } from './openai-embedder.ts';

embedderSuite("an embedder at a server that speaks OpenAI's protocol", async () => {
  const { baseUrl, close } = await startStubOpenAi({ dimensions: 64 });
  const { guard } = createInstantGuard('openai');
  return {
    embedder: () =>
      createOpenAiEmbedder({ apiKey: 'none', baseUrl, model: 'm', dimensions: 64, guard, timeoutMs: 60_000 }),
    close,
  };
});
