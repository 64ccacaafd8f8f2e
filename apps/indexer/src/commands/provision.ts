import { deleteLimit } from '../settings/delete-limit.ts';
import { onlyStore } from '../settings/only-store.ts';
import { provisionText } from '../text/provision-text.ts';
import { corpusCommand } from '../wiring/corpus-command.ts';
import { DELETE_FLAGS, FIELD_FLAGS, MODEL_FLAGS, SERVICE_FLAGS } from '../settings/flags.ts';

export const provision = corpusCommand({
  name: 'provision',
  flags: [
    'corpus',
    ...FIELD_FLAGS,
    'overlong',
    'allow-new-ids',
    'only',
    'collection',
    'table',
    'payload',
    'deletes',
    ...DELETE_FLAGS,
    ...MODEL_FLAGS,
    ...SERVICE_FLAGS,
  ],
  examples: [
    ['indexer provision my-docs', 'Prepares both stores, after validate'],
    ['indexer provision my-docs --only neon', 'Prepares Postgres alone'],
  ],
  async run({ session, flags }) {
    const receipt = await session.provision({ only: onlyStore(flags), deleteLimit: deleteLimit(flags) });
    return { text: provisionText(receipt), json: receipt };
  },
});
