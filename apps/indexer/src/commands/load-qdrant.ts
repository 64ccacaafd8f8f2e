import { loadText } from '../load-text.ts';
import { corpusCommand } from '../run-command.ts';
import { CORPUS_ARGS } from '../settings/flags.ts';

export const loadQdrant = corpusCommand({
  name: 'load-qdrant',
  description: 'Brings the points of the corpus to what it wants',
  args: CORPUS_ARGS,
  only: 'qdrant',
  async run({ session }) {
    const receipt = await session.loadQdrant();
    return { text: loadText(receipt), json: receipt };
  },
});
