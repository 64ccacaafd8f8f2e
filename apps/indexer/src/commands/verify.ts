import { EXIT } from '@lockstep/model';
import { onlyStore } from '../settings/only-store.ts';
import { verifyText } from '../text/verify-text.ts';
import { corpusCommand } from '../wiring/corpus-command.ts';

export const verify = corpusCommand({
  name: 'verify',
  description: 'Compares input, cache, Qdrant and Postgres, and lists the differences',
  flags: ['only', 'level', 'vectors-every'],
  async run({ session, flags }) {
    const { level } = flags;
    const receipt = await session.verify({ only: onlyStore(flags), level, vectorsEvery: flags['vectors-every'] });
    return { text: verifyText(receipt, session.folder), json: receipt, exit: receipt.ok ? EXIT.done : EXIT.differ };
  },
});
