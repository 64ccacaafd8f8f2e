import { loadText } from '../text/load-text.ts';
import { corpusCommand } from '../wiring/corpus-command.ts';

export const loadQdrant = corpusCommand({
  name: 'load-qdrant',
  description: 'Writes points that are new or changed, then deletes those that are no longer wanted',
  only: 'qdrant',
  async run({ session }) {
    const receipt = await session.loadQdrant();
    return { text: loadText(receipt), json: receipt };
  },
});
