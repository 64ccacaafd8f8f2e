import { isIndexingError, type IndexingError } from '@lockstep/model';
import {
  guardPlan,
  repairCorpus,
  runCorpus,
  type CorpusPlan,
  type RepairReceipts,
  type RunLimits,
  type RunReceipts,
  type ValidateReceipt,
  type VerifyReceipt,
} from '@lockstep/pipeline';
import { costOf, embeddingPrice } from '../settings/embedding-price.ts';
import type { Flags } from '../settings/flags.ts';
import { onlyStore } from '../settings/only-store.ts';
import { rejectsLimit, runLimits, type Spending } from '../settings/run-limits.ts';
import type { OpenedSource } from './open-source.ts';

// What `plan`, `run`, `verify` and `repair` do, for the command line and for the API.

export interface Operated extends OpenedSource {
  readonly flags: Flags;
  /** What other corpora of the same command were allowed to cost. @default nothing */
  readonly spending?: Spending | undefined;
}

/** A plan, what it costs, and whether a run would be refused. */
export interface PlannedRun {
  readonly validate: ValidateReceipt;
  readonly plan: CorpusPlan;
  /** What embedding would cost, in US dollars; null where the price of the model is not known. */
  readonly cost: number | null;
  /** The error with which a run with the same limits would be refused, such as `cost-guard`; undefined where it would not. */
  readonly refused: IndexingError | undefined;
}

/** Shows what a run would do; with `only: embed`, what it would embed, without asking a store. */
export async function planRun(operated: Operated): Promise<PlannedRun> {
  const { session, embedder, flags, spending } = operated;
  const validate = await session.validate({ strict: flags.strict, reuse: true });
  const withoutStores = flags.only === 'embed';
  const only = withoutStores ? undefined : onlyStore(flags);
  const plan = await session.plan({ only, trust: 'labels', withoutStores });
  return plannedRun(operated, { validate, plan }, runLimits(flags, embedder, spending));
}

/** What a repair would do. */
export async function planRepair(operated: Operated): Promise<PlannedRun> {
  const validate = await operated.session.validate();
  const plan = await operated.session.plan({ trust: 'nothing' });
  return plannedRun(operated, { validate, plan }, repairLimits(operated));
}

export function load({ session, embedder, flags, spending }: Operated): Promise<RunReceipts> {
  return runCorpus(session, {
    only: onlyStore(flags),
    strict: flags.strict,
    rejectsMax: rejectsLimit(flags),
    limits: runLimits(flags, embedder, spending),
    verify: { level: flags.level, vectorsEvery: flags['vectors-every'] },
  });
}

export function verify({ session, flags }: Operated): Promise<VerifyReceipt> {
  return session.verify({ only: onlyStore(flags), level: flags.level, vectorsEvery: flags['vectors-every'] });
}

export function repair(operated: Operated): Promise<RepairReceipts> {
  return repairCorpus(operated.session, { limits: repairLimits(operated), pay: operated.flags.pay });
}

/** A repair that does not pay is not refused for its cost. */
function repairLimits({ embedder, flags, spending }: Operated): RunLimits {
  const { deletes, guardTokens } = runLimits(flags, embedder, spending);
  return flags.pay ? { deletes, guardTokens } : { deletes };
}

function plannedRun(
  { embedder, flags }: Operated,
  done: Pick<PlannedRun, 'validate' | 'plan'>,
  limits: RunLimits,
): PlannedRun {
  const price = embeddingPrice(embedder, flags);
  const cost = price === undefined ? null : costOf(done.plan.embedding.tokens, price);
  return { ...done, cost, refused: refusalOf(done.plan, limits) };
}

function refusalOf(plan: CorpusPlan, limits: RunLimits): IndexingError | undefined {
  try {
    guardPlan(plan, limits);
    return undefined;
  } catch (error) {
    if (isIndexingError(error)) return error;
    throw error;
  }
}
