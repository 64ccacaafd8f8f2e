import type { CallOptions, RunStart } from '@lockstep/model';
import type { AllStores } from '../work/stores.ts';

/** Takes the next fence of a corpus in the ledger and beside its rows, and enters the run into the run table. */
export async function takeCorpus(
  corpus: string,
  start: RunStart,
  { rows, ledger }: Pick<AllStores, 'rows' | 'ledger'>,
  call: CallOptions,
): Promise<number> {
  const atLeast = (await rows.fence(corpus, call)) + 1;
  const fence = await ledger.takeFence(corpus, { ...start, atLeast }, call);
  await rows.raiseFence(corpus, fence, call);
  return fence;
}
