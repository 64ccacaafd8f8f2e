import { STORES } from '@lockstep/model';
import type { DropReceipt } from '../receipts.ts';
import { checkFence } from '../runs/fence.ts';
import { inBatches } from '../work/in-batches.ts';
import type { StageContext } from '../work/stage-context.ts';
import type { AllStores } from '../work/stores.ts';

export interface DeleteOptions extends AllStores {
  readonly runId: string;
  readonly fence: number;
  /** Points or rows in one request. */
  readonly batchItems: number;
}

/** Withdraws the stamps of a corpus, and deletes its points and rows under a fence. Repeating it is safe. */
export async function deleteCorpus(
  { corpus, signal }: Pick<StageContext, 'corpus' | 'signal'>,
  { runId, vectors, rows, ledger, batchItems, fence }: DeleteOptions,
): Promise<DropReceipt['deleted']> {
  const call = { signal };
  for (const store of STORES) await ledger.removeStamp(corpus, store, call);

  const deleted = { qdrant: 0, neon: 0 };
  for await (const batch of inBatches(idsOf(vectors.scan(corpus, call)), batchItems)) {
    await checkFence({ corpus, runId, fence }, ledger, signal);
    await vectors.delete(batch, call);
    deleted.qdrant += batch.length;
  }
  for await (const batch of inBatches(idsOf(rows.scan(corpus, call)), batchItems)) {
    await rows.delete({ corpus, fence, items: batch }, call);
    deleted.neon += batch.length;
  }
  return deleted;
}

async function* idsOf(pages: AsyncIterable<readonly { readonly pointId: string }[]>): AsyncGenerator<string> {
  for await (const page of pages) for (const { pointId } of page) yield pointId;
}
