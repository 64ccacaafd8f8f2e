import { STORES, type RunStart } from '@lockstep/model';
import type { AllStores } from '../work/stores.ts';
import { inBatches } from '../work/in-batches.ts';
import { endFailedRun } from '../runs/end-run.ts';
import { checkFence } from '../runs/fence.ts';
import type { StageContext } from '../work/stage-context.ts';
import type { DropReceipt } from '../receipts.ts';

export interface DropOptions extends AllStores {
  readonly runId: string;
  /** Points or rows in one request. */
  readonly batchItems: number;
}

/**
 * Deletes every point and row of one corpus, and nothing of any other. It takes the fence, so that a load under way stops,
 * and withdraws the stamps first. Repeating it is safe: a drop that was cut short ends in the same state when run again.
 */
export async function dropCorpus(context: Omit<StageContext, 'artifacts'>, options: DropOptions): Promise<DropReceipt> {
  const { corpus, clock, logger, signal } = context;
  const { runId, vectors, rows, ledger } = options;
  const call = { signal };
  const startedAt = new Date(clock.now());
  await rows.ensure(call);
  await ledger.ensure(call);
  const start: RunStart = {
    runId,
    kind: 'drop',
    digest: '',
    model: null,
    qdrantTarget: vectors.target,
    neonTarget: rows.target,
    startedAt: startedAt.toISOString(),
  };
  const atLeast = (await rows.fence(corpus, call)) + 1;
  const fence = await ledger.takeFence(corpus, { ...start, atLeast }, call);
  await rows.raiseFence(corpus, fence, call);
  let deleted: DropReceipt['deleted'];
  try {
    deleted = await deleteAll(context, { ...options, fence });
  } catch (error) {
    await endFailedRun(ledger, { ...context, fence }, error);
    throw error;
  }

  const finishedAt = clock.now();
  await ledger.endRun(
    corpus,
    fence,
    {
      finishedAt: new Date(finishedAt).toISOString(),
      outcome: 'done',
      error: null,
      counts: {
        input: null,
        qdrant: await vectors.count(corpus, call),
        neon: await rows.count(corpus, call),
        pointsWritten: 0,
        pointsDeleted: deleted.qdrant,
        rowsWritten: 0,
        rowsDeleted: deleted.neon,
      },
      tokensPaid: null,
      tokensSaved: null,
      embeddedAt: null,
    },
    call,
  );
  logger.info('corpus-dropped', { points: deleted.qdrant, rows: deleted.neon });
  return {
    corpus,
    runId,
    deleted,
    targets: { qdrant: vectors.target, neon: rows.target },
    startedAt: startedAt.toISOString(),
    durationMs: finishedAt - startedAt.getTime(),
  };
}

async function deleteAll(
  { corpus, signal }: Omit<StageContext, 'artifacts'>,
  { runId, vectors, rows, ledger, batchItems, fence }: DropOptions & { readonly fence: number },
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
