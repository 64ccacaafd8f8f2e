import {
  IndexingError,
  type DeleteMode,
  type Ledger,
  type RowStore,
  type StoreName,
  type VectorStore,
} from '@lockstep/model';
import { FILES } from './corpus-files.ts';
import { comparablePoints } from './comparable-points.ts';
import { comparableRows } from './comparable-rows.ts';
import { changes, countChanges, type Depth, type PlanCounts } from './plan.ts';
import { payloadIndexesOf, type Projection } from './projection.ts';
import { readReceipt, writeReceipt } from './receipt-file.ts';
import type { ProvisionedStore, RunFile } from './run-file.ts';
import { storeDigest } from './store-digest.ts';
import type { StageContext } from './stage-context.ts';
import type { ValidateReceipt } from './validate.ts';

export interface ProvisionOptions {
  readonly runId: string;
  /** A store that is left out is not looked at. */
  readonly vectors?: VectorStore;
  readonly rows?: RowStore;
  readonly ledger?: Ledger;
  readonly projection: Projection;
  readonly dimensions: number;
  readonly deletes: DeleteMode;
  /** Lets a load delete more than the guard allows. */
  readonly allowDeletes: boolean;
  /** A fresh random nonce. */
  readonly nonce: () => string;
}

/** A load that deletes more than both is refused unless it is allowed explicitly. */
export const DELETES_WITHOUT_ASKING = { share: 0.2, count: 20 } as const;

/**
 * Prepares both stores for the loads of one run: migrations and collection, the fence, and per store the nonce that
 * decides whether its load may be replayed from a cache. The stored nonce is given only where the store's stamp has the
 * wanted digest and its live count is the stamp's; otherwise a fresh one.
 *
 * Fails with `model-mismatch` for a collection of other dimensions or with points of another model, and with
 * `delete-guard` where a load would delete too much; nothing was written to the corpus by then.
 */
export async function provision(context: StageContext, options: ProvisionOptions): Promise<RunFile> {
  const { artifacts, corpus, clock, logger, signal } = context;
  const { vectors, rows, projection, runId } = options;
  const call = signal === undefined ? {} : { signal };
  const startedAt = clock.now();
  const validated = await readReceipt<ValidateReceipt>(artifacts, FILES.validateReceipt);
  await artifacts.remove(FILES.run);
  await rows?.ensure(call);
  await vectors?.ensure({ dimensions: options.dimensions, indexes: payloadIndexesOf(projection) }, call);
  if (vectors !== undefined) await refuseForeignModel(vectors, projection.model, context);

  const fence = await takeFence(context, options, validated.digest);
  const stores: Partial<Record<StoreName, ProvisionedStore>> = {};
  if (vectors !== undefined) {
    stores.qdrant = await provisionStore(context, options, {
      store: 'qdrant',
      target: vectors.target,
      digest: storeDigest(validated, { target: vectors.target, deletes: options.deletes, projection: projection.id }),
      count: () => vectors.count(corpus, call),
      plan: (depth) =>
        countChanges(changes(artifacts, comparablePoints(vectors, projection, depth, call), options.deletes)),
    });
  }
  if (rows !== undefined) {
    stores.neon = await provisionStore(context, options, {
      store: 'neon',
      target: rows.target,
      digest: storeDigest(validated, { target: rows.target, deletes: options.deletes, projection: null }),
      count: () => rows.count(corpus, call),
      plan: (depth) => countChanges(changes(artifacts, comparableRows(rows, corpus, depth, call), options.deletes)),
    });
  }
  if (!options.allowDeletes) for (const [store, { plan }] of Object.entries(stores)) guardDeletes(corpus, store, plan);

  const nonceFiles = { qdrant: FILES.qdrantNonce, neon: FILES.neonNonce };
  for (const store of ['qdrant', 'neon'] as const) {
    const writer = await artifacts.write(nonceFiles[store]);
    await writer.write(`${stores[store]?.nonce ?? 'left out'}\n`);
    await writer.close();
  }
  const run: RunFile = {
    stage: 'provision',
    corpus,
    runId,
    ...(fence === undefined ? {} : { fence }),
    stores,
    startedAt: new Date(startedAt).toISOString(),
    durationMs: clock.now() - startedAt,
  };
  await writeReceipt(artifacts, FILES.run, run);
  logger.info('stores-provisioned', { fence, qdrant: stateOf(stores.qdrant), neon: stateOf(stores.neon) });
  return run;
}

function stateOf(provisioned: ProvisionedStore | undefined): string | undefined {
  if (provisioned === undefined) return undefined;
  return provisioned.inStep ? 'in step' : 'to be loaded';
}

async function takeFence(
  { corpus, signal }: StageContext,
  { ledger, rows, runId }: ProvisionOptions,
  digest: string,
): Promise<number | undefined> {
  if (ledger === undefined) return undefined;
  const call = signal === undefined ? {} : { signal };
  await ledger.ensure(call);
  const atLeast = rows === undefined ? 1 : (await rows.fence(corpus, call)) + 1;
  const fence = await ledger.takeFence(corpus, { runId, digest, atLeast }, call);
  await rows?.raiseFence(corpus, fence, call);
  return fence;
}

interface StoreProbe {
  readonly store: StoreName;
  readonly target: string;
  readonly digest: string;
  readonly count: () => Promise<number>;
  readonly plan: (depth: Depth) => Promise<PlanCounts>;
}

async function provisionStore(
  { corpus }: StageContext,
  { ledger, nonce }: ProvisionOptions,
  { store, target, digest, count, plan }: StoreProbe,
): Promise<ProvisionedStore> {
  const stamp = await ledger?.stamp(corpus, store);
  if (stamp !== undefined && stamp.digest === digest && stamp.count === (await count())) {
    return { target, digest, nonce: stamp.nonce, inStep: true, depth: 'labels' };
  }
  const depth = stamp === undefined ? 'content' : 'labels';
  return { target, digest, nonce: nonce(), inStep: false, depth, plan: await plan(depth) };
}

/** Refuses to put vectors of two models side by side: their distances mean nothing. */
async function refuseForeignModel(vectors: VectorStore, model: string, { signal }: StageContext): Promise<void> {
  const found = await vectors.foreignModel(model, signal === undefined ? {} : { signal });
  if (found === undefined) return;
  throw new IndexingError({
    code: 'model-mismatch',
    message: `The collection at ${vectors.target} holds vectors of ${found}, and this corpus is embedded with ${model}.`,
    details: { target: vectors.target, found, expected: model },
  });
}

function guardDeletes(corpus: string, store: string, plan: PlanCounts | undefined): void {
  if (plan === undefined) return;
  const before = plan.unchanged + plan.change + plan.held + plan.kept + plan.delete;
  if (plan.delete <= DELETES_WITHOUT_ASKING.count || plan.delete <= before * DELETES_WITHOUT_ASKING.share) return;
  throw new IndexingError({
    code: 'delete-guard',
    message:
      `Loading ${corpus} would delete ${plan.delete} of its ${before} chunks from ${store}, more than ` +
      `${DELETES_WITHOUT_ASKING.share * 100} % and more than ${DELETES_WITHOUT_ASKING.count}. Nothing was written.`,
    details: { corpus, store, deletes: plan.delete, before },
  });
}
