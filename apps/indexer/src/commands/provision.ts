import { deleteLimit } from '../settings/delete-limit.ts';
import { DELETE_FLAGS } from '../settings/flags.ts';
import { onlyStore } from '../settings/only-store.ts';
import { provisionText } from '../text/provision-text.ts';
import { corpusCommand } from '../wiring/corpus-command.ts';

export const provision = corpusCommand({
  name: 'provision',
  description:
    'Creates collection and table where missing, starts a run of the corpus, and compares both stores with it',
  flags: ['allow-new-ids', 'only', ...DELETE_FLAGS],
  async run({ session, flags }) {
    const receipt = await session.provision({ only: onlyStore(flags), deleteLimit: deleteLimit(flags) });
    return { text: provisionText(receipt), json: receipt };
  },
});
