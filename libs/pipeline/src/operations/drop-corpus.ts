import type { RunStart } from '@lockstep/model';
import type { AllStores } from '../work/stores.ts';
import { endFailedRun } from '../runs/end-run.ts';
import { takeCorpus } from '../runs/take-corpus.ts';
import type { StageContext } from '../work/stage-context.ts';
import type { DropReceipt } from '../receipts.ts';
import { deleteCorpus } from './delete-corpus.ts';

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
  const fence = await takeCorpus(corpus, start, options, call);
  let deleted: DropReceipt['deleted'];
  try {
    deleted = await deleteCorpus(context, { ...options, fence });
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
