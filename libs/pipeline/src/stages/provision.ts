import { STORES, type DeleteMode, type RunStart } from '@lockstep/model';
import { FILES } from '../files/corpus-files.ts';
import { chunksElsewhere } from '../compare/chunks-elsewhere.ts';
import { countCalls } from '../work/count-calls.ts';
import { guardDeletes, type DeleteLimit } from '../compare/delete-guard.ts';
import { refuseForeignModel } from '../compare/foreign-model.ts';
import { probeStores } from '../compare/probe-stores.ts';
import { payloadIndexesOf, type Projection } from '../compare/projection.ts';
import { writeReceipt } from '../files/receipt-file.ts';
import { readValidated } from '../runs/validated.ts';
import { originOf, refuseOtherOrigin, type OriginSettings } from '../runs/corpus-origin.ts';
import { endFailedRun } from '../runs/end-run.ts';
import type { Trust } from '../compare/trust.ts';
import type { StageContext } from '../work/stage-context.ts';
import type { Stores } from '../work/stores.ts';
import type { OverlongChoice, ProbedStores, ProvisionedStore, ProvisionReceipt, ValidateReceipt } from '../receipts.ts';

export interface ProvisionOptions extends Stores {
  readonly runId: string;
  readonly projection: Projection;
  readonly dimensions: number;
  readonly deletes: DeleteMode;
  /** How much a load may delete. @default any number, and nothing is planned */
  readonly deleteLimit?: DeleteLimit | undefined;
  /** With `nothing` the stamps are withdrawn, and the run table has the run as a repair. */
  readonly trust: Exclude<Trust, 'labels'>;
  /** What the plan of the same run found; a store is compared again only if its stamp or count has changed since. @default nothing */
  readonly planned?: ProbedStores | undefined;
  /** What becomes of texts that are too long, for the run table; asked for where validate found none. */
  readonly overlong: () => Promise<OverlongChoice>;
  /** What the corpus is loaded from. @default it is neither compared nor remembered */
  readonly origin?: OriginSettings | undefined;
  /** A fresh random nonce. */
  readonly nonce: () => string;
}

/**
 * Prepares both stores for the loads of one run: migrations and collection, the fence, and per store the nonce that
 * decides whether its load may be replayed from a cache. It is the nonce of the store's stamp if the stamp has the wanted
 * digest and the live count of the store; otherwise a fresh one.
 *
 * Fails with `other-input` or `other-ids` for chunks from elsewhere (`refuseOtherOrigin`), with `model-mismatch` for a collection of other dimensions or with points of another model, and with
 * `delete-guard` when a load would delete too much. By then nothing was written to the corpus and no fence was taken, so
 * that a run under way continues; except when a store changed while the fence was taken: then that run is overtaken.
 */
export async function provision(context: StageContext, options: ProvisionOptions): Promise<ProvisionReceipt> {
  const { artifacts, corpus, clock, logger, signal } = context;
  const { vectors, rows, ledger, projection, runId, deleteLimit } = options;
  const call = { signal };
  const startedAt = clock.now();
  const calls = countCalls(context);
  const validated = await readValidated(artifacts);
  await artifacts.remove(FILES.run);
  const refuseOther = async (fence?: number): Promise<void> => {
    if (ledger === undefined || options.origin === undefined) return;
    await refuseOtherOrigin(corpus, validated, { ledger, ...options.origin }, { signal, fence });
  };
  // The plan of the same run has done it.
  if (options.planned === undefined) await refuseOther();
  await rows?.ensure(call);
  await vectors?.ensure({ dimensions: options.dimensions, indexes: payloadIndexesOf(projection) }, call);
  if (vectors !== undefined) await refuseForeignModel(vectors, projection.model, call);
  await ledger?.ensure(call);

  const plan = deleteLimit !== undefined;
  const before = await probeStores(context, { ...options, validated, plan, before: options.planned });
  if (deleteLimit !== undefined) guardDeletes(corpus, before, deleteLimit);
  if (options.planned === undefined) await chunksElsewhere(context, options, before);
  const fence = await takeFence(context, options, validated, startedAt);
  let stores: ProbedStores;
  try {
    await refuseOther(fence);
    if (options.trust === 'nothing') {
      // Only under the fence: another run may have stamped the stores in between, and a refused run changes nothing.
      for (const store of STORES) await ledger?.removeStamp(corpus, store, call);
    }
    // An earlier run may have written until this one took the fence.
    stores = await probeStores(context, { ...options, validated, plan, before });
    if (deleteLimit !== undefined) guardDeletes(corpus, stores, deleteLimit);
  } catch (error) {
    if (ledger !== undefined && fence !== undefined) await endFailedRun(ledger, { ...context, fence }, error);
    throw error;
  }

  const nonceFiles = { qdrant: FILES.qdrantNonce, neon: FILES.neonNonce };
  for (const store of STORES) {
    const writer = await artifacts.write(nonceFiles[store]);
    await writer.write(`${stores[store]?.nonce ?? 'left out'}\n`);
    await writer.close();
  }
  const run: ProvisionReceipt = {
    stage: 'provision',
    corpus,
    runId,
    ...(fence === undefined ? {} : { fence }),
    stores,
    calls: calls(),
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
  { ledger, vectors, rows, runId, trust, projection, overlong, origin }: ProvisionOptions,
  validated: ValidateReceipt,
  startedAt: number,
): Promise<number | undefined> {
  if (ledger === undefined) return undefined;
  const call = { signal };
  const run: RunStart = {
    runId,
    kind: trust === 'nothing' ? 'repair' : 'load',
    digest: validated.digest,
    model: projection.model,
    qdrantTarget: vectors?.target ?? null,
    neonTarget: rows?.target ?? null,
    overlong: (validated.overlong ?? (await overlong())).mode,
    ...(origin && originOf(validated, origin)),
    startedAt: new Date(startedAt).toISOString(),
  };
  const atLeast = rows === undefined ? 1 : (await rows.fence(corpus, call)) + 1;
  const fence = await ledger.takeFence(corpus, { ...run, atLeast }, call);
  await rows?.raiseFence(corpus, fence, call);
  return fence;
}
