import { isIndexingError, openIndex } from '@lockstep/indexer';

const index = await openIndex({
  corpus: 'docs/chunks.json', // or the name of a corpus, a corpus.json, or its content as an object
  onEvent(event) {
    if (event.type === 'stage-started') console.log(`${event.stage} ...`);
  },
});
try {
  const { plan, cost } = await index.plan();
  console.log(`${plan.embedding.texts} texts to embed, for $${cost ?? 'an unknown price'}`);

  const { verify } = await index.load({ maxCost: 1, signal: AbortSignal.timeout(3_600_000) });
  console.log(verify.ok ? 'Both stores are in step.' : verify.differences);

  const { hits } = await index.search('What is the whiteness of the whale?', { limit: 3 });
  for (const { score, text } of hits) console.log(score.toFixed(2), text);
} catch (error) {
  if (!isIndexingError(error)) throw error;
  console.error(error.code, error.message, error.advice); // such as cost-guard, before anything was paid
} finally {
  await index.close();
}
