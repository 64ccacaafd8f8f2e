import { deleteLimit } from '../settings/delete-limit.ts';
import { DELETE_FLAGS } from '../settings/flags.ts';
import { onlyStore } from '../settings/only-store.ts';
import { provisionText } from '../text/provision-text.ts';
import { corpusCommand } from '../wiring/corpus-command.ts';

export const provision = corpusCommand({
  name: 'provision',
  description: 'Makes collection and table ready, claims the corpus for this run, and finds out what is to be loaded',
  flags: ['only', ...DELETE_FLAGS],
  async run({ session, flags }) {
    const receipt = await session.provision({ only: onlyStore(flags), deleteLimit: deleteLimit(flags) });
    return { text: provisionText(receipt), json: receipt };
  },
});
