/*
 * The process of the stand-ins. It tells its parent their addresses, and for each message from it the number of
 * requests since the last one. It ends when the parent does.
 */
import { createOpenAiDouble } from './openai-double.ts';
import { createQdrantDouble } from './qdrant-double.ts';
import { serveDouble } from './serve.ts';

const openai = await serveDouble('openai', createOpenAiDouble());
const qdrant = await serveDouble('qdrant', createQdrantDouble());

process.on('message', () => {
  const points = qdrant.takeCount();
  process.send?.({
    openai: openai.takeCount().requests,
    qdrant: points.requests,
    pointsWritten: points.written,
  });
});
process.on('disconnect', () => process.exit());
process.send?.({ openai: openai.url, qdrant: qdrant.url });
