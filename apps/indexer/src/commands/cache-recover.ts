import { recoverText } from '../text/recover-text.ts';
import { corpusCommand } from '../wiring/corpus-command.ts';

export const cacheRecover = corpusCommand({
  name: 'recover',
  description: 'Reads vectors that the corpus wants from its collection into the cache, so that nobody pays again',
  temporary: () => true,
  async run({ session }) {
    await session.validate();
    const receipt = await session.recover();
    return { text: recoverText(receipt), json: receipt };
  },
});
