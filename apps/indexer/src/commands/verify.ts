import { EXIT } from '@lockstep/model';
import { corpusCommand } from '../run-command.ts';
import { CORPUS_ARGS, ONLY_STORE_ARG, VERIFY_ARGS } from '../settings/flags.ts';
import { onlyStore } from '../settings/stage-choices.ts';
import { verifyText } from '../verify-text.ts';

export const verify = corpusCommand({
  name: 'verify',
  description: 'Compares input, cache, Qdrant and Postgres, and names what differs',
  args: { ...CORPUS_ARGS, ...ONLY_STORE_ARG, ...VERIFY_ARGS },
  async run({ session, flags }) {
    const receipt = await session.verify({
      only: onlyStore(flags),
      level: flags.level ?? 'content',
      vectorsEvery: flags['vectors-every'],
    });
    return { text: verifyText(receipt, session.folder), json: receipt, exit: receipt.ok ? EXIT.done : EXIT.differ };
  },
});
