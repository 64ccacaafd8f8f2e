import type { ProvisionReceipt } from '@lockstep/pipeline';
import { corpusCommand } from '../run-command.ts';
import { DELETE_LIMIT_ARGS, CORPUS_ARGS, ONLY_STORE_ARG } from '../settings/flags.ts';
import { deleteLimit, onlyStore } from '../settings/stage-choices.ts';

export const provision = corpusCommand({
  name: 'provision',
  description: 'Makes collection and table ready, takes the fence, and finds out what is to be loaded',
  args: { ...CORPUS_ARGS, ...ONLY_STORE_ARG, ...DELETE_LIMIT_ARGS },
  async run({ session, flags, environment }) {
    const receipt = await session.provision({
      only: onlyStore(flags),
      deleteLimit: deleteLimit(flags, environment),
    });
    return { text: provisionText(receipt), json: receipt };
  },
});

/** What provision found in each store, in one line. */
export function provisionText({ corpus, stores }: ProvisionReceipt): string {
  const parts = Object.entries(stores).map(([store, { inStep, plan, target }]) => {
    if (inStep || plan === undefined) return `${store} in step`;
    return `${store} (${target}): ${plan.add} to add, ${plan.change} to change, ${plan.delete} to delete`;
  });
  return `${corpus} provision: ${parts.join('; ')}`;
}
