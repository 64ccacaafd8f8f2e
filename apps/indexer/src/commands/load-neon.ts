import { loadText } from '../text/load-text.ts';
import { corpusCommand } from '../wiring/corpus-command.ts';

export const loadNeon = corpusCommand({
  name: 'load-neon',
  description: 'Writes new and changed rows to Postgres, then deletes those that are no longer in the input',
  only: 'neon',
  async run({ session }) {
    const receipt = await session.loadNeon();
    return { text: loadText(receipt), json: receipt };
  },
});
