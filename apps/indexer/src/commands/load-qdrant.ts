import { loadText } from '../text/load-text.ts';
import { corpusCommand } from '../wiring/corpus-command.ts';
import { MODEL_FLAGS, SERVICE_FLAGS } from '../settings/flags.ts';

export const loadQdrant = corpusCommand({
  name: 'load-qdrant',
  flags: ['corpus', 'collection', 'payload', 'deletes', 'qdrant-batch-size', ...MODEL_FLAGS, ...SERVICE_FLAGS],
  examples: [
    ['indexer load-qdrant my-docs', 'Writes the points, after embed and provision'],
    ['indexer load-qdrant my-docs --verbose', 'Logs every batch as well'],
  ],
  only: 'qdrant',
  async run({ session }) {
    const receipt = await session.loadQdrant();
    return { text: loadText(receipt), json: receipt };
  },
});
