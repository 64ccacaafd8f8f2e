import {
  IndexingError,
  type Artifacts,
  type DeleteMode,
  type Ledger,
  type StoreName,
  type IndexedChunk,
} from '@lockstep/model';
import { createLimiter } from '../work/limiter.ts';
import { FILES } from '../files/corpus-files.ts';
import { countCalls } from '../work/count-calls.ts';
import {
  changes,
  countChanges,
  isNoOp,
  type Comparable,
  type Finding,
  type PlanRules,
  type StoredState,
} from '../compare/changes.ts';
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
  readonly ledger?: Ledger;
  readonly deletes: DeleteMode;
  readonly batchItems: number;
  readonly concurrency: number;
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
  const { ledger, deletes } = options;
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
  const countBefore = await target.count();
  const plan = await countChanges(changes(artifacts, target, rules));
  logger.info('store-compared', { store, ...plan, reasons: undefined });

  const todo = plan.add + plan.change + plan.delete;
  let done = 0;
  const onDone = (items: number): void => {
    done += items;
    context.onProgress?.(done, todo);
  };
  let written = 0;
  let left = 0;
  let deleted = 0;
  if (!isNoOp(plan)) {
    // A run that was overtaken leaves the stamp to the one that has it now.
    await checkFence(run, ledger, signal);
    await ledger?.removeStamp(corpus, store);
    if (plan.add + plan.change > 0) ({ written, left } = await writeChanges(context, target, rules, options, onDone));
    if (plan.delete > 0) deleted = await deleteGone(context, target, rules, options, onDone);
  }

  const countAfter = todo === 0 ? countBefore : await target.count();
  if (ledger !== undefined && run.fence !== undefined && left === 0) {
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
    left,
    calls: calls(),
    startedAt: new Date(startedAt).toISOString(),
    durationMs: clock.now() - startedAt,
  };
  await writeReceipt(artifacts, receiptFile, receipt);
  logger.info('store-loaded', { store, countBefore, countAfter, written, deleted });
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

/** Writes what is new or has changed. */
async function writeChanges<Actual extends StoredState>(
  { artifacts, logger, signal }: StageContext,
  target: LoadTarget<Actual>,
  rules: PlanRules,
  { batchItems, concurrency }: LoadOptions,
  onDone: (items: number) => void,
): Promise<{ written: number; left: number }> {
  const { store } = target;
  const limiter = createLimiter(concurrency);
  const pending: Record<WriteKind, IndexedChunk[]> = { whole: [], description: [] };
  let written = 0;
  let left = 0;

  async function flush(kind: WriteKind): Promise<void> {
    const batch = pending[kind];
    pending[kind] = [];
    if (batch.length === 0) return;
    await limiter.add(async () => {
      signal?.throwIfAborted();
      const count = await target.write(kind, batch);
      written += count;
      left += batch.length - count;
      logger.debug('batch-loaded', { store, itemCount: count, done: written });
      onDone(batch.length);
    });
  }

  try {
    for await (const change of changes(artifacts, target, rules)) {
      if (change.kind !== 'add' && change.kind !== 'change') continue;
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

/** Deletes what nothing wants any more. Returns how many. */
async function deleteGone<Actual extends StoredState>(
  { artifacts, logger, signal }: StageContext,
  target: LoadTarget<Actual>,
  rules: PlanRules,
  { batchItems }: LoadOptions,
  onDone: (items: number) => void,
): Promise<number> {
  let gone: string[] = [];
  let deleted = 0;

  async function flush(): Promise<void> {
    signal?.throwIfAborted();
    await target.delete(gone);
    deleted += gone.length;
    logger.debug('batch-deleted', { store: target.store, itemCount: gone.length, done: deleted });
    onDone(gone.length);
    gone = [];
  }

  for await (const change of changes(artifacts, target, rules)) {
    if (change.kind === 'delete') gone.push(change.actual.pointId);
    if (gone.length >= batchItems) await flush();
  }
  if (gone.length > 0) await flush();
  return deleted;
}
