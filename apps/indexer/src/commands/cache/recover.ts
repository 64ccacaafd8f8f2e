import { recoverText } from '../../text/recover-text.ts';
import { corpusCommand } from '../../wiring/corpus-command.ts';
import { INPUT_FLAGS, MODEL_FLAGS, SERVICE_FLAGS } from '../../settings/flags.ts';

export const cacheRecover = corpusCommand({
  name: 'recover',
  flags: [...INPUT_FLAGS, 'collection', ...MODEL_FLAGS, ...SERVICE_FLAGS],
  examples: [
    ['indexer cache recover my-docs', 'Fills the cache of a new machine'],
    ['indexer plan my-docs', 'Afterwards: what is still to be paid for'],
  ],
  temporary: () => true,
  async run({ session }) {
    await session.validate();
    const receipt = await session.recover();
    return { text: recoverText(receipt), json: receipt };
  },
});
