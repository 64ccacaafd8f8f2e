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
import { checkFence, overtaken, readRun } from '../runs/fence.ts';
import type { StageContext } from '../work/stage-context.ts';
import { storeDigest, type StoreWants } from '../compare/store-digest.ts';
import type { LoadReceipt, ValidateReceipt } from '../receipts.ts';

/** A store as a load sees it: compared, written and counted for one corpus. */
export interface LoadTarget<Actual extends StoredState> extends Comparable<Actual> {
  readonly store: StoreName;
  readonly target: string;
  /** Form of the points; null for rows. */
  readonly projection: string | null;
  count(): Promise<number>;
  /**
   * Writes a batch; every chunk of it needs the kind of write that `kindOf` gives for what was found. Returns how many
   * it wrote; those that it could not are left.
   */
  write(kind: WriteKind, chunks: readonly IndexedChunk[]): Promise<number>;
  kindOf(finding: Finding): WriteKind;
  delete(pointIds: readonly string[]): Promise<void>;
}

/** Write all of it, or only what describes it (a point's payload; its vector stays). */
export type WriteKind = 'whole' | 'description';

export interface LoadOptions {
  readonly ledger?: Ledger | undefined;
  readonly deletes: DeleteMode;
  readonly batchItems: number;
  readonly concurrency: number;
}

/**
 * Brings one store to what the corpus wants. It walks the store once, writes what differs as it finds it, and sets the
 * ids aside that are to go: deletions come after the last addition and change. The store's stamp is withdrawn before the
 * first write and written after the last, so that a load that was cut short is seen as one. Repeating it is safe.
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
  // Which texts were refused is known only when embed has ended.
  await readReceipt(artifacts, FILES.embedReceipt);
  await checkProvisioned(artifacts, provisioned.digest, {
    target: target.target,
    deletes,
    projection: target.projection,
  });

  const foreseen = provisioned.plan && changesOf(provisioned.plan);
  let done = 0;
  const onDone = (items: number): void => {
    done += items;
    context.onProgress?.(done, foreseen);
  };
  let isFirst = true;
  /** Called before each write, of which the first withdraws the stamp. */
  async function beforeWrite(): Promise<void> {
    signal?.throwIfAborted();
    if (!isFirst) return;
    isFirst = false;
    // A run that was overtaken leaves the stamp to the one that has it now.
    await checkFence(run, ledger, signal);
    await ledger?.removeStamp(corpus, store);
  }

  const counter = createChangeCounter();
  const gone = createIdSpool(artifacts);
  let deleted = 0;
  let written: WrittenCounts;
  try {
    written = await writeChanges(context, target, options, beforeWrite, onDone, walk());
    for await (const pointIds of inBatches(gone.ids(), batchItems)) {
      await beforeWrite();
      await target.delete(pointIds);
      deleted += pointIds.length;
      logger.debug('batch-deleted', { store, itemCount: pointIds.length, done: deleted });
      onDone(pointIds.length);
    }
  } finally {
    await gone.dispose();
  }

  /** What is to be written. */
  async function* walk(): AsyncGenerator<WriteChange> {
    for await (const change of changes(artifacts, target, rules)) {
      counter.count(change);
      if (change.kind === 'delete') await gone.add(change.actual.pointId);
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

/** Refuses to load what was not provisioned: its deletions were not guarded, and its stamp would say something else. */
async function checkProvisioned(artifacts: Artifacts, digest: string, wants: StoreWants): Promise<void> {
  const validated = await readReceipt<ValidateReceipt>(artifacts, FILES.validateReceipt);
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
