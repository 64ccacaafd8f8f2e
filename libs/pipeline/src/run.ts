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

// The order of a run and of a repair. What a stage needs stands in `STAGE_DEPENDENCIES`; here stands what one process
// adds to it. Both stores are loaded side by side: neither is written first.

/** In one process, embeddings are paid for only when no store has refused the run. */
const PAY_LAST = { embed: ['provision'] } as const;

/** What a run may do before it is refused. */
export interface RunLimits {
  readonly deletes: DeleteLimit;
  /** Called with the tokens that are to be paid for; throws (`cost-guard`) where that is too much. @default any number */
  readonly guardTokens?: ((tokens: number) => void) | undefined;
}

export interface RunOptions extends OnlyStore {
  /** Any rejected record fails the run. @default false */
  readonly strict?: boolean | undefined;
  /** Texts that the embedding service may refuse before the run fails. @default REFUSED_MAX */
  readonly rejectsMax?: number | undefined;
  readonly limits: RunLimits;
  readonly verify: VerifyChoices;
}

/** What the steps of a run reported. A store that was left out has no receipt. */
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
 * Does everything for one corpus: validate, plan, provision, embed, both loads side by side, verify. The limits are held
 * against the plan, before the first write and before anything is paid for.
 *
 * Differences that `verify` finds do not fail the run: see `verify.ok`. Fails with what the first failed stage failed
 * with, with `delete-guard` or `cost-guard` where the plan is over a limit, and with `overtaken` where another run of the
 * corpus took over.
 */
export async function runCorpus(corpus: Corpus, options: RunOptions): Promise<RunReceipts> {
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
      embed: async () => (receipts.embed = await corpus.embed({ rejectsMax })),
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

/** What a run that touches no store reported. */
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
  /** Embeds texts whose vector the cache lacks; otherwise their points are left as they are. */
  readonly pay: boolean;
}

/** What the steps of a repair reported. */
export interface RepairReceipts extends Required<RunReceipts> {
  readonly retained: RetainedRepair;
}

/**
 * Brings both stores back to a corpus from its input and the cache, and believes nothing that the stores say: plan,
 * provision, embed what may be paid for, put right what is held or kept, both loads side by side, verify every vector.
 *
 * Fails as `runCorpus` does.
 */
export async function repairCorpus(corpus: Corpus, { limits, pay }: RepairOptions): Promise<RepairReceipts> {
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
        // Before the loads, whose stamps count the points.
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

/** Refuses a plan that deletes or costs more than it may: `delete-guard`, or what `guardTokens` throws. */
export function guardPlan({ corpus, stores, embedding }: CorpusPlan, { deletes, guardTokens }: RunLimits): void {
  guardDeletes(corpus, stores, deletes);
  guardTokens?.(embedding.tokens);
}

/** What differs may be what the later run loaded: that it took over is the reason to report. */
function refuseOvertaken({ provision, verify }: Pick<RunReceipts, 'provision' | 'verify'>): void {
  if (!verify.ok && verify.overtakenBy !== null) throw overtaken(provision, verify.overtakenBy);
}
