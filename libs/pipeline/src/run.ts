import { guardDeletes, type DeleteLimit } from './compare/delete-guard.ts';
import type { Corpus, OnlyStore, VerifyChoices } from './corpus.ts';
import type {
  CorpusPlan,
  EmbedReceipt,
  LoadReceipt,
  ProvisionReceipt,
  RetainedRepair,
  ValidateReceipt,
  VerifyReceipt,
} from './receipts.ts';
import { overtaken } from './runs/fence.ts';
import { inStageOrder } from './work/stage-order.ts';

// The order of a run and of a repair. `STAGE_DEPENDENCIES` says which stages a stage needs; this file says what a run in
// one process adds to it. Both stores are loaded side by side: neither is written first.

/** In one process, embeddings are paid for only after both stores have accepted the run. */
const PAY_LAST = { embed: ['provision'] } as const;

/** What a run may do before it is refused. */
export interface RunLimits {
  readonly deletes: DeleteLimit;
  /** Called with the tokens that are to be paid for; throws `cost-guard` if they are too many. @default any number */
  readonly guardTokens?: ((tokens: number) => void) | undefined;
}

export interface RunOptions extends OnlyStore {
  /** Whether any rejected record fails the run. @default false */
  readonly strict?: boolean | undefined;
  /** Texts that the embedding service may refuse before the run fails. @default REFUSED_MAX */
  readonly rejectsMax?: number | undefined;
  readonly limits: RunLimits;
  readonly verify: VerifyChoices;
}

/** The receipts of a run. A store that `only` leaves out has none. */
export interface RunReceipts {
  readonly validate: ValidateReceipt;
  readonly plan: CorpusPlan;
  readonly provision: ProvisionReceipt;
  readonly embed: EmbedReceipt;
  readonly 'load-qdrant'?: LoadReceipt;
  readonly 'load-neon'?: LoadReceipt;
  readonly verify: VerifyReceipt;
}

/**
 * Does everything for one corpus: validate, plan, provision, embed, both loads side by side, verify. The limits are
 * checked against the plan, before the first write and before anything is paid for.
 *
 * Differences that `verify` finds do not fail the run: see `verify.ok`. Fails with the error of the stage that failed,
 * with `delete-guard` or `cost-guard` when the plan is over a limit, and with `overtaken` when another run of the corpus
 * took over.
 */
export function runCorpus(corpus: Corpus, options: RunOptions): Promise<RunReceipts> {
  return corpus.asRun(() => runStages(corpus, options));
}

async function runStages(corpus: Corpus, options: RunOptions): Promise<RunReceipts> {
  const { only, limits, strict, rejectsMax } = options;
  const receipts: { -readonly [Step in keyof RunReceipts]?: RunReceipts[Step] } = {};
  await inStageOrder(
    {
      validate: async () => (receipts.validate = await corpus.validate({ strict })),
      async provision() {
        const plan = await corpus.plan({ only, trust: 'stamps' });
        guardPlan(plan, limits);
        const provisioned = { only, deleteLimit: limits.deletes, planned: plan.stores };
        Object.assign(receipts, { plan, provision: await corpus.provision(provisioned) });
      },
      embed: async () => (receipts.embed = await corpus.embed({ only, rejectsMax })),
      ...(only !== 'neon' && { 'load-qdrant': async () => (receipts['load-qdrant'] = await corpus.loadQdrant()) }),
      ...(only !== 'qdrant' && { 'load-neon': async () => (receipts['load-neon'] = await corpus.loadNeon()) }),
      verify: async () => (receipts.verify = await corpus.verify({ only, ...options.verify })),
    },
    PAY_LAST,
  );
  const done = receipts as RunReceipts;
  refuseOvertaken(done);
  return done;
}

/** The receipts of a run that touches no store. */
export type EmbedOnlyReceipts = Pick<RunReceipts, 'validate' | 'embed'>;

/** Validates and embeds, and touches no store. Fails with `cost-guard` before anything is paid for. */
export async function embedOnly(
  corpus: Corpus,
  {
    strict,
    rejectsMax,
    limits,
  }: Pick<RunOptions, 'strict' | 'rejectsMax'> & { readonly limits: Pick<RunLimits, 'guardTokens'> },
): Promise<EmbedOnlyReceipts> {
  const validated = await corpus.validate({ strict });
  return { validate: validated, embed: await corpus.embed({ rejectsMax, guardTokens: limits.guardTokens }) };
}

export interface RepairOptions {
  readonly limits: RunLimits;
  /** Whether texts whose vector the cache lacks are embedded; otherwise their points are left as they are. */
  readonly pay: boolean;
}

/** The receipts of a repair. */
export interface RepairReceipts extends Required<RunReceipts> {
  readonly retained: RetainedRepair;
}

/**
 * Makes both stores right again from the input and the cache, without believing stamps or labels: validate, plan,
 * provision, embed what may be paid for, repair retained chunks, both loads side by side, verify every vector.
 *
 * Fails as `runCorpus` does.
 */
export function repairCorpus(corpus: Corpus, options: RepairOptions): Promise<RepairReceipts> {
  return corpus.asRun(() => repairStages(corpus, options));
}

async function repairStages(corpus: Corpus, { limits, pay }: RepairOptions): Promise<RepairReceipts> {
  const receipts: { -readonly [Step in keyof RepairReceipts]?: RepairReceipts[Step] } = {};
  await inStageOrder(
    {
      validate: async () => (receipts.validate = await corpus.validate()),
      async provision() {
        const plan = await corpus.plan({ trust: 'nothing' });
        guardPlan(plan, pay ? limits : { deletes: limits.deletes });
        const provisioned = { trust: 'nothing', deleteLimit: limits.deletes, planned: plan.stores } as const;
        Object.assign(receipts, { plan, provision: await corpus.provision(provisioned) });
      },
      async embed() {
        receipts.embed = await corpus.embed({ pay });
        // Before the loads, since it may add and delete points, and the stamps of the loads have their count.
        receipts.retained = await corpus.repairRetained(receipts.provision as ProvisionReceipt, { pay });
      },
      'load-qdrant': async () => (receipts['load-qdrant'] = await corpus.loadQdrant({ leaveMissing: true })),
      'load-neon': async () => (receipts['load-neon'] = await corpus.loadNeon()),
      verify: async () => (receipts.verify = await corpus.verify({ level: 'vectors' })),
    },
    PAY_LAST,
  );
  const done = receipts as RepairReceipts;
  refuseOvertaken(done);
  return done;
}

/** Fails with `delete-guard`, or with what `guardTokens` throws, when a plan deletes or costs more than it may. */
export function guardPlan({ corpus, stores, embedding }: CorpusPlan, { deletes, guardTokens }: RunLimits): void {
  guardDeletes(corpus, stores, deletes);
  guardTokens?.(embedding.tokens);
}

/** Fails with `overtaken` when verify found differences after another run took over: they may be what that run loaded. */
function refuseOvertaken({ provision, verify }: Pick<RunReceipts, 'provision' | 'verify'>): void {
  if (!verify.ok && verify.overtakenBy !== null) throw overtaken(provision, verify.overtakenBy);
}
