import { loadText } from '../text/load-text.ts';
import { corpusCommand } from '../wiring/corpus-command.ts';

export const loadQdrant = corpusCommand({
  name: 'load-qdrant',
  description: 'Writes new and changed points to Qdrant, then deletes those that are no longer in the input',
  only: 'qdrant',
  async run({ session }) {
    const receipt = await session.loadQdrant();
    return { text: loadText(receipt), json: receipt };
  },
});
