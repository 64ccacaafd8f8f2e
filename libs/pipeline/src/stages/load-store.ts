import {
  IndexingError,
  type Artifacts,
  type DeleteMode,
  type IndexedChunk,
  type Ledger,
  type StoreName,
} from '@lockstep/model';
import { inBatches } from '../work/in-batches.ts';
import { createLimiter } from '../work/limiter.ts';
import { FILES } from '../files/corpus-files.ts';
import { countCalls } from '../work/count-calls.ts';
import {
  changes,
  changesOf,
  createChangeCounter,
  storedBefore,
  type Change,
  type Comparable,
  type Finding,
  type PlanRules,
  type StoredState,
} from '../compare/changes.ts';
import { createIdSpool } from '../files/id-spool.ts';
import { readRefused } from '../files/refused-texts.ts';
import { readReceipt, writeReceipt } from '../files/receipt-file.ts';
import { readValidated } from '../runs/validated.ts';
import { checkFence, overtaken, readRun } from '../runs/fence.ts';
import type { StageContext } from '../work/stage-context.ts';
import { storeDigest, type StoreWants } from '../compare/store-digest.ts';
import type { LoadReceipt } from '../receipts.ts';

/** What a load needs of a store: to compare, write, delete and count the items of one corpus. */
export interface LoadTarget<Actual extends StoredState> extends Comparable<Actual> {
  readonly store: StoreName;
  readonly target: string;
  /** Form of the points; null for rows. */
  readonly projection: string | null;
  count(): Promise<number>;
  /** Writes a batch of chunks that need the same kind of write. Returns how many it wrote; it may leave some out. */
  write(kind: WriteKind, chunks: readonly IndexedChunk[]): Promise<number>;
  /** The kind of write that a change needs. */
  kindOf(finding: Finding): WriteKind;
  delete(pointIds: readonly string[]): Promise<void>;
}

/** Write the whole item, or only what describes it (the payload of a point, whose vector stays). */
export type WriteKind = 'whole' | 'description';

export interface LoadOptions {
  readonly ledger?: Ledger | undefined;
  readonly deletes: DeleteMode;
  readonly batchItems: number;
  readonly concurrency: number;
}

/**
 * Makes one store contain what the corpus wants. It scans the store once, writes differences as it finds them, and deletes
 * after the last addition and change. The stamp of the store is withdrawn before the first write and written after the
 * last one, so that a store whose load was cut short has none. Repeating a load is safe.
 *
 * Fails with `artifact-missing` when the stages before it have not run for these chunks and settings, and with
 * `overtaken` when a later run has taken the fence.
 */
export async function loadStore<Actual extends StoredState>(
  context: StageContext,
  target: LoadTarget<Actual>,
  options: LoadOptions,
): Promise<LoadReceipt> {
  const { artifacts, corpus, clock, logger, signal } = context;
  const { ledger, deletes, batchItems } = options;
  const rules: PlanRules = { deletes, refused: await readRefused(artifacts) };
  const { store } = target;
  const startedAt = clock.now();
  const calls = countCalls(context);
  const receiptFile = store === 'qdrant' ? FILES.loadQdrantReceipt : FILES.loadNeonReceipt;
  await artifacts.remove(receiptFile);
  const { run, provisioned } = await readRun(artifacts, store);
  // The refused texts are known only when embed has ended: this fails when it has not.
  await readReceipt(artifacts, FILES.embedReceipt);
  await checkProvisioned(artifacts, provisioned.digest, {
    target: target.target,
    deletes,
    projection: target.projection,
  });

  const planned = provisioned.plan && changesOf(provisioned.plan);
  let done = 0;
  const onDone = (items: number): void => {
    done += items;
    context.onProgress?.(done, planned);
  };
  let isFirst = true;
  /** Called before each write; the first call withdraws the stamp. */
  async function beforeWrite(): Promise<void> {
    signal?.throwIfAborted();
    if (!isFirst) return;
    isFirst = false;
    // An overtaken run must not withdraw the stamp of the run that took over.
    await checkFence(run, ledger, signal);
    await ledger?.removeStamp(corpus, store);
  }

  const counter = createChangeCounter();
  const toDelete = createIdSpool(artifacts);
  let deleted = 0;
  let written: WrittenCounts;
  try {
    written = await writeChanges(context, target, options, beforeWrite, onDone, walk());
    for await (const pointIds of inBatches(toDelete.ids(), batchItems)) {
      await beforeWrite();
      await target.delete(pointIds);
      deleted += pointIds.length;
      logger.debug('batch-deleted', { store, itemCount: pointIds.length, done: deleted });
      onDone(pointIds.length);
    }
  } finally {
    await toDelete.dispose();
  }

  /** Yields what is to be written, and collects the ids to delete. */
  async function* walk(): AsyncGenerator<WriteChange> {
    for await (const change of changes(artifacts, target, rules)) {
      counter.count(change);
      if (change.kind === 'delete') await toDelete.add(change.actual.pointId);
      else if (change.kind === 'add' || change.kind === 'change') yield change;
    }
    logger.info('store-compared', { store, ...counter.counts(), reasons: undefined });
  }

  const plan = counter.counts();
  const countBefore = storedBefore(plan);
  const countAfter = await target.count();
  if (ledger !== undefined && run.fence !== undefined && written.left === 0) {
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
    ...written,
    deleted,
    calls: calls(),
    startedAt: new Date(startedAt).toISOString(),
    durationMs: clock.now() - startedAt,
  };
  await writeReceipt(artifacts, receiptFile, receipt);
  logger.info('store-loaded', { store, countBefore, countAfter, written: written.written, deleted });
  return receipt;
}

/** Fails unless provision saw these chunks and settings: otherwise deletions are unchecked, and the stamp would be wrong. */
async function checkProvisioned(artifacts: Artifacts, digest: string, wants: StoreWants): Promise<void> {
  const validated = await readValidated(artifacts);
  if (storeDigest(validated, wants) === digest) return;
  throw new IndexingError({
    code: 'artifact-missing',
    message: `The chunks, the store or a setting have changed since the last provision for ${wants.target}. Run provision again.`,
  });
}

type WrittenCounts = Pick<LoadReceipt, 'written' | 'left'>;
type WriteChange = Extract<Change<unknown>, { readonly kind: 'add' | 'change' }>;

/** Writes what is new or has changed, in batches of one kind of write each. */
async function writeChanges<Actual extends StoredState>(
  { logger }: StageContext,
  target: LoadTarget<Actual>,
  { batchItems, concurrency }: LoadOptions,
  beforeWrite: () => Promise<void>,
  onDone: (items: number) => void,
  found: AsyncIterable<WriteChange>,
): Promise<WrittenCounts> {
  const { store } = target;
  const limiter = createLimiter(concurrency);
  const pending: Record<WriteKind, IndexedChunk[]> = { whole: [], description: [] };
  let written = 0;
  let left = 0;

  async function flush(kind: WriteKind): Promise<void> {
    const batch = pending[kind];
    pending[kind] = [];
    if (batch.length === 0) return;
    await beforeWrite();
    await limiter.add(async () => {
      const count = await target.write(kind, batch);
      written += count;
      left += batch.length - count;
      logger.debug('batch-loaded', { store, itemCount: count, done: written });
      onDone(batch.length);
    });
  }

  try {
    for await (const change of found) {
      const kind = target.kindOf(change);
      pending[kind].push(change.wanted);
      if (pending[kind].length >= batchItems) await flush(kind);
    }
    await flush('whole');
    await flush('description');
    await limiter.drain();
  } catch (error) {
    await limiter.settle();
    throw error;
  }
  return { written, left };
}
