import type { DeleteMode, Ledger, StoreName, WantedChunk } from '@lockstep/model';
import { createLane } from './bounded.ts';
import { FILES } from './corpus-files.ts';
import {
  changes,
  countChanges,
  isNoOp,
  type ChangeReason,
  type Comparable,
  type PlanCounts,
  type StoredState,
} from './plan.ts';
import { writeReceipt } from './receipt-file.ts';
import { overtaken, readRun } from './run-file.ts';
import type { StageContext } from './stage-context.ts';

/** A store as a load sees it: compared, written and counted for one corpus. */
export interface LoadTarget<Actual extends StoredState> extends Comparable<Actual> {
  readonly store: StoreName;
  readonly target: string;
  count(): Promise<number>;
  /** Writes a batch; every chunk of it needs the kind of write that `kindOf` gives for its reason. */
  write(kind: WriteKind, chunks: readonly WantedChunk[]): Promise<void>;
  kindOf(reason: ChangeReason): WriteKind;
  delete(pointIds: readonly string[]): Promise<void>;
}

/** Write all of it, or only what describes it (a point's payload; its vector stays). */
export type WriteKind = 'whole' | 'description';

export interface LoadOptions {
  readonly ledger?: Ledger;
  readonly deletes: DeleteMode;
  readonly batchItems: number;
  readonly concurrency: number;
}

export interface LoadReceipt {
  readonly stage: 'load-qdrant' | 'load-neon';
  readonly corpus: string;
  readonly store: StoreName;
  readonly target: string;
  readonly runId: string;
  readonly countBefore: number;
  readonly countAfter: number;
  readonly plan: PlanCounts;
  /** Points or rows written, and deleted, by this load. */
  readonly written: number;
  readonly deleted: number;
  readonly startedAt: string;
  readonly durationMs: number;
}

/**
 * Brings one store to what the corpus wants: compares first, then does only what differs, additions and changes before
 * deletions. The store's stamp is withdrawn before the first write and written after the last, so that a load that was
 * cut short is seen as one. Repeating it is safe.
 */
export async function loadStore<Actual extends StoredState>(
  context: StageContext,
  target: LoadTarget<Actual>,
  options: LoadOptions,
): Promise<LoadReceipt> {
  const { artifacts, corpus, clock, logger, signal } = context;
  const { ledger, deletes, batchItems, concurrency } = options;
  const { store } = target;
  const startedAt = clock.now();
  const receiptFile = store === 'qdrant' ? FILES.loadQdrantReceipt : FILES.loadNeonReceipt;
  await artifacts.remove(receiptFile);
  const { run, provisioned } = await readRun(artifacts, store);
  const countBefore = await target.count();
  const plan = await countChanges(changes(artifacts, target, deletes));
  logger.info('store-compared', { store, ...plan, reasons: undefined });

  const total = plan.add + plan.change + plan.delete;
  let written = 0;
  let deleted = 0;
  if (!isNoOp(plan)) {
    await ledger?.removeStamp(corpus, store);
    const lane = createLane(concurrency);
    const pending: Record<WriteKind, WantedChunk[]> = { whole: [], description: [] };
    const flush = async (kind: WriteKind): Promise<void> => {
      const batch = pending[kind];
      pending[kind] = [];
      if (batch.length === 0) return;
      await lane.add(async () => {
        signal?.throwIfAborted();
        await target.write(kind, batch);
        written += batch.length;
        logger.debug('batch-loaded', { store, itemCount: batch.length, done: written });
        context.onProgress?.(written + deleted, total);
      });
    };
    if (plan.add + plan.change > 0) {
      for await (const change of changes(artifacts, target, deletes)) {
        if (change.kind !== 'add' && change.kind !== 'change') continue;
        const kind = target.kindOf(change.reason);
        pending[kind].push(change.wanted);
        if (pending[kind].length >= batchItems) await flush(kind);
      }
      await flush('whole');
      await flush('description');
      await lane.drain();
    }
    if (plan.delete > 0) {
      let gone: string[] = [];
      const drop = async (): Promise<void> => {
        signal?.throwIfAborted();
        await target.delete(gone);
        deleted += gone.length;
        logger.debug('batch-deleted', { store, itemCount: gone.length, done: deleted });
        context.onProgress?.(written + deleted, total);
        gone = [];
      };
      for await (const change of changes(artifacts, target, deletes)) {
        if (change.kind === 'delete') gone.push(change.actual.pointId);
        if (gone.length >= batchItems) await drop();
      }
      if (gone.length > 0) await drop();
    }
  }

  const countAfter = total === 0 ? countBefore : await target.count();
  if (ledger !== undefined && run.fence !== undefined) {
    const stamp = { digest: provisioned.digest, nonce: provisioned.nonce, count: countAfter };
    if (!(await ledger.writeStamp(corpus, store, { stamp, fence: run.fence }))) {
      throw overtaken(run, (await ledger.fenceHolder(corpus))?.runId);
    }
  }
  const receipt: LoadReceipt = {
    stage: store === 'qdrant' ? 'load-qdrant' : 'load-neon',
    corpus,
    store,
    target: target.target,
    runId: run.runId,
    countBefore,
    countAfter,
    plan,
    written,
    deleted,
    startedAt: new Date(startedAt).toISOString(),
    durationMs: clock.now() - startedAt,
  };
  await writeReceipt(artifacts, receiptFile, receipt);
  logger.info('store-loaded', { store, countBefore, countAfter, written, deleted });
  return receipt;
}
