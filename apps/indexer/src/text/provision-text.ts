import type { ProvisionReceipt } from '@lockstep/pipeline';

/** What provision found in each store, in one line. */
export function provisionText({ corpus, stores }: ProvisionReceipt): string {
  const parts = Object.entries(stores).map(([store, { inStep, plan, target }]) => {
    if (inStep || plan === undefined) return `${store} in step`;
    return `${store} (${target}): ${plan.add} to add, ${plan.change} to change, ${plan.delete} to delete`;
  });
  return `${corpus} provision: ${parts.join('; ')}`;
}
