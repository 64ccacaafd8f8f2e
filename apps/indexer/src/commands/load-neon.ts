import { loadText } from '../text/load-text.ts';
import { corpusCommand } from '../wiring/corpus-command.ts';

export const loadNeon = corpusCommand({
  name: 'load-neon',
  flags: ['corpus', 'table', 'deletes', 'neon-batch-size', 'rows', 'state-dir'],
  examples: [
    ['indexer load-neon my-docs', 'Writes the rows, after provision'],
    ['indexer load-neon my-docs --verbose', 'Logs every batch as well'],
  ],
  only: 'neon',
  async run({ session }) {
    const receipt = await session.loadNeon();
    return { text: loadText(receipt), json: receipt };
  },
});
