import { recoverText } from '../text/recover-text.ts';
import { corpusCommand } from '../wiring/corpus-command.ts';

export const cacheRecover = corpusCommand({
  name: 'recover',
  description: 'Reads vectors that the cache lacks from the collection, so that they are not paid for again',
  temporary: () => true,
  async run({ session }) {
    await session.validate();
    const receipt = await session.recover();
    return { text: recoverText(receipt), json: receipt };
  },
});
