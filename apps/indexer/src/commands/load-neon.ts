import { loadText } from '../load-text.ts';
import { corpusCommand } from '../run-command.ts';
import { CORPUS_ARGS } from '../settings/flags.ts';

export const loadNeon = corpusCommand({
  name: 'load-neon',
  description: 'Brings the rows of the corpus to what it wants',
  args: CORPUS_ARGS,
  only: 'neon',
  async run({ session }) {
    const receipt = await session.loadNeon();
    return { text: loadText(receipt), json: receipt };
  },
});
