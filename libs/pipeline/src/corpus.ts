import {
  isIndexingError,
  NO_TELEMETRY,
  STAGE_DEPENDENCIES,
  type Calls,
  type Ledger,
  type Span,
  type Stage,
  type StoreName,
} from '@lockstep/model';
import { isOverRejectLimit } from './accept/reject-limit.ts';
import { checkPayloadFields } from './compare/payload-fields.ts';
import type { DeleteLimit } from './compare/delete-guard.ts';
import { FILES } from './files/corpus-files.ts';
import type { Trust } from './compare/trust.ts';
import { planCorpus } from './operations/plan-corpus.ts';
import { recoverEmbeddings } from './operations/recover-embeddings.ts';
import { repairRetained } from './operations/repair-retained.ts';
import type {
  CorpusPlan,
  EmbedReceipt,
  LoadReceipt,
  OverlongChoice,
  ProbedStores,
  ProvisionReceipt,
  RecoverReceipt,
  RetainedRepair,
  ValidateReceipt,
  VerifyLevel,
  VerifyReceipt,
} from './receipts.ts';
import { endRun, graceSignal } from './runs/end-run.ts';
import { refuseOtherOrigin } from './runs/corpus-origin.ts';
import { attempt, forgetAttempts } from './runs/attempt.ts';
import type { FailedStage } from './runs/run-work.ts';
import { overlongChoice } from './runs/overlong-choice.ts';
import { readValidated } from './runs/validated.ts';
import { embed, type EmbedOptions } from './stages/embed.ts';
import { loadNeon } from './stages/load-neon.ts';
import { loadQdrant } from './stages/load-qdrant.ts';
import { provision } from './stages/provision.ts';
import { validate } from './stages/validate.ts';
import { verify } from './stages/verify.ts';
import { countCalls } from './work/count-calls.ts';
import type { StageContext } from './work/stage-context.ts';
import type { Stores } from './work/stores.ts';
import { tellReceipt } from './work/tell-receipt.ts';
import type { CorpusSettings, Opened, Step, OpenCorpusOptions } from './corpus-ports.ts';

/** Whether `embed` pays for texts, how many tokens, and how many refused texts it allows. */
export type EmbedChoices = Pick<EmbedOptions, 'guardTokens' | 'pay' | 'rejectsMax'>;

export interface OnlyStore {
  /** The one store that a step works on. @default both */
  readonly only?: StoreName | undefined;
}

export interface VerifyChoices {
  readonly level: VerifyLevel;
  /** At level `vectors`: compares every n-th vector. @default 1: all */
  readonly vectorsEvery?: number | undefined;
}

/**
 * The stages and other operations of one corpus, bound to its files and services. `runCorpus` and `repairCorpus` call them
 * in order; the targets of a build system call them one by one.
 *
 * Each fails with an `IndexingError` that names its step. A stage that fails after provision ends the run in the run table.
 */
export interface Corpus {
  readonly settings: CorpusSettings;
  /** Does the work of a whole run, which leaves a mark on this machine from its beginning until it has ended well. */
  asRun<Result>(work: () => Promise<Result>): Promise<Result>;
  validate(options?: {
    /** Whether any rejected record fails the stage. @default false */
    readonly strict?: boolean | undefined;
    /** Whether to use chunks that were made earlier of the same input and settings, if there are any. @default false */
    readonly reuse?: boolean | undefined;
  }): Promise<ValidateReceipt>;
  plan(
    options: OnlyStore & {
      readonly trust: Trust;
      /** Whether no store and no ledger is asked: what is to be embedded is planned, and nothing compared. @default false */
      readonly withoutStores?: boolean | undefined;
    },
  ): Promise<CorpusPlan>;
  embed(choices?: EmbedChoices & OnlyStore): Promise<EmbedReceipt>;
  provision(
    options?: OnlyStore & {
      /** How much the loads may delete. @default any number, and nothing is planned */
      readonly deleteLimit?: DeleteLimit | undefined;
      /** @default 'stamps' */
      readonly trust?: 'stamps' | 'nothing' | undefined;
      /** What a plan of the same run found; a store that has not changed since is not compared again. @default nothing */
      readonly planned?: ProbedStores | undefined;
    },
  ): Promise<ProvisionReceipt>;
  loadQdrant(options?: {
    /** Leaves out points whose vector the slice lacks, and then writes no stamp. @default false: the load fails */
    readonly leaveMissing?: boolean | undefined;
  }): Promise<LoadReceipt>;
  loadNeon(): Promise<LoadReceipt>;
  /** Verifies, and enters the end of the run with what it found into the run table. */
  verify(options: OnlyStore & VerifyChoices): Promise<VerifyReceipt>;
  /** Repairs retained chunks (held or kept) under the fence of the provisioned run; with `pay` it may embed their texts. */
  repairRetained(run: ProvisionReceipt, options: { readonly pay: boolean }): Promise<RetainedRepair>;
  /** Reads wanted vectors back from the collection into the cache. */
  recover(): Promise<RecoverReceipt>;
}

const NO_STORES: Stores = { ledger: undefined, vectors: undefined, rows: undefined };

/** Binds the stages to the files and services of one corpus. Nothing is opened before a stage asks for it. */
export function openCorpus(options: OpenCorpusOptions): Corpus {
  const { settings, ports, artifacts, clock, newId, signal, calls, price, telemetry = NO_TELEMETRY } = options;
  const { name: corpus, projection, deletes, batchItems, concurrency } = settings;

  /** Whether a whole run is under way, which has a mark of its own. */
  let isRun = false;
  /** That of the whole run. */
  let runSpan: Span | undefined;

  /** Requests of the whole run that is under way. */
  let runCalls: (() => Calls) | undefined;

  /** Runs a step. A stage by itself leaves a mark until it has ended well. */
  function runStep<Receipt>(step: Step, work: (context: StageContext) => Promise<Receipt>): Promise<Receipt> {
    const run = (): Promise<Receipt> => runTold(step, work);
    return isRun || !isStage(step) ? run() : attempt({ artifacts, clock }, step, run);
  }

  /** Runs a step in a span of its own. */
  function runTold<Receipt>(step: Step, work: (context: StageContext) => Promise<Receipt>): Promise<Receipt> {
    return telemetry.span('stage', { corpus, stage: step }, async (span) => {
      const receipt = await runReported(step, work);
      if (isStage(step)) {
        tellReceipt(telemetry, [span, runSpan], { corpus, stage: step, receipt: receipt as never });
      }
      return receipt;
    });
  }

  /** Runs a step with a report of its own. */
  async function runReported<Receipt>(step: Step, work: (context: StageContext) => Promise<Receipt>): Promise<Receipt> {
    const { logger, onProgress, end } = options.report(step);
    let ok = false;
    try {
      const receipt = await work({
        corpus,
        artifacts,
        clock,
        logger,
        signal,
        ...(calls && { calls }),
        onProgress,
      });
      ok = true;
      return receipt;
    } catch (error) {
      if (isIndexingError(error)) error.endStage(step);
      throw error;
    } finally {
      end?.(ok);
    }
  }

  /** Runs a step of a run that may hold a fence: if the step fails, the run table gets the end of the run. */
  const runFencedStep = <Receipt>(step: Step, work: (context: StageContext) => Promise<Receipt>): Promise<Receipt> =>
    runStep(step, async (context) => {
      const startedAt = clock.now();
      const stepCalls = countCalls(context);
      try {
        return await work(context);
      } catch (error) {
        const ending = { ...context, signal: graceSignal(signal) };
        const failed = isStage(step) ? failedStage(step, startedAt, stepCalls()) : undefined;
        // If the ledger cannot be reached either, the run stays without an end: the error of the step is the one to throw.
        await ports
          .ledger(undefined)
          .then((ledger) => ledger && endRun(ending, ledger, { error, failed }, { price, calls: runCalls?.() }))
          .catch(() => {});
        throw error;
      }
    });

  function failedStage(stage: Stage, startedAt: number, stepCalls: Calls): FailedStage {
    return {
      stage,
      startedAt: new Date(startedAt).toISOString(),
      durationMs: clock.now() - startedAt,
      calls: stepCalls,
    };
  }

  async function storesFor(only: StoreName | undefined): Promise<Stores> {
    return {
      ledger: await ports.ledger(only),
      vectors: only === 'neon' ? undefined : await ports.vectors(),
      rows: only === 'qdrant' ? undefined : await ports.rows(),
    };
  }

  async function overlong(): Promise<OverlongChoice> {
    if (settings.overlong !== undefined) return { mode: settings.overlong, because: 'stated' };
    return overlongChoice(corpus, await ports.ledger('qdrant'), { signal });
  }

  let isPayloadChecked = false;
  let isOriginChecked = false;

  /** Before anything is paid for or written; once for each time that the chunks are made. */
  async function checkPayload(context: StageContext, only: StoreName | undefined): Promise<void> {
    if (isPayloadChecked || only === 'neon') return;
    await checkPayloadFields(context, projection, () => ports.vectors());
    isPayloadChecked = true;
  }

  /** Refuses chunks that come from elsewhere than those of the corpus, once like `checkPayload`; without a ledger nothing tells. */
  async function checkOrigin({ artifacts: files }: StageContext, ledger: Ledger | undefined): Promise<void> {
    if (isOriginChecked || ledger === undefined) return;
    const validated = await readValidated(files);
    await refuseOtherOrigin(corpus, validated, { ledger, ...settings }, { signal });
    isOriginChecked = true;
  }

  /** Before embed pays. Provision asks again before anything is written, so a ledger that cannot be read stops nothing here. */
  async function checkOriginBeforePaying(context: StageContext): Promise<void> {
    try {
      await checkOrigin(context, await ports.ledger('qdrant'));
    } catch (error) {
      signal?.throwIfAborted();
      if (!isIndexingError(error) || error.code === 'other-input' || error.code === 'other-ids') throw error;
      context.logger.warn('origin-not-checked', { code: error.code });
    }
  }

  return {
    settings,
    asRun: (work) =>
      telemetry.span('run', { corpus }, (span) =>
        attempt({ artifacts, clock }, 'run', () => {
          isRun = true;
          runSpan = span;
          if (calls !== undefined) runCalls = countCalls({ calls });
          return work().finally(() => {
            isRun = false;
            runSpan = undefined;
            runCalls = undefined;
          });
        }),
      ),
    validate: ({ strict = false, reuse = false } = {}) =>
      runStep('validate', async (context) => {
        isPayloadChecked = false;
        isOriginChecked = false;
        // From here on it is not known what is wanted, also when the input cannot be opened.
        await artifacts.remove(FILES.validateReceipt);
        const made = reuse ? await ports.reusableChunks?.(overlong) : undefined;
        const limit = settings.rejectLimit;
        const isRefused = (receipt: ValidateReceipt): boolean =>
          (strict && receipt.rejected > 0) ||
          (limit !== undefined && isOverRejectLimit(receipt.rejected, receipt.records, limit));
        if (made !== undefined && !isRefused(made)) return made;
        const embedder = await ports.embedder();
        return ports.input((input) =>
          validate(context, {
            input,
            embedder,
            overlong,
            strict,
            fields: settings.fields,
            rejectLimit: settings.rejectLimit,
          }),
        );
      }),
    plan: ({ only, trust, withoutStores = false }) =>
      runStep('plan', async (context) => {
        const stores = withoutStores ? NO_STORES : await storesFor(only);
        await checkOrigin(context, stores.ledger);
        // Whether points have a field that no chunk has is not known without them.
        if (!withoutStores) await checkPayload(context, only);
        return using(ports.known(), async (cache) =>
          planCorpus(context, {
            ...stores,
            identity: settings.identity,
            counter: () => ports.embedder(),
            cache,
            projection,
            deletes,
            trust,
          }),
        );
      }),
    embed: ({ only, ...choices } = {}) =>
      runFencedStep('embed', async (context) => {
        await checkPayload(context, only);
        const embedder = await ports.embedder();
        return using(ports.cache(embedder.identity), (cache) =>
          embed(context, {
            embedder,
            cache,
            batchItems: batchItems.embed,
            concurrency: concurrency.embed,
            beforePaying: () => checkOriginBeforePaying(context),
            ...choices,
          }),
        );
      }),
    provision: ({ only, trust = 'stamps', ...choices } = {}) =>
      runStep('provision', async (context) => {
        await checkPayload(context, only);
        return provision(context, {
          ...(await storesFor(only)),
          runId: newId(),
          projection,
          dimensions: settings.identity.dimensions,
          deletes,
          trust,
          ...choices,
          overlong,
          origin: settings,
          nonce: newId,
        });
      }),
    loadQdrant: ({ leaveMissing = false } = {}) =>
      runFencedStep('load-qdrant', (context) =>
        using(ports.slice(), async (slice) =>
          loadQdrant(context, {
            ledger: await ports.ledger('qdrant'),
            vectors: await ports.vectors(),
            slice,
            projection,
            deletes,
            batchItems: batchItems.qdrant,
            concurrency: concurrency.load,
            leaveMissing,
          }),
        ),
      ),
    loadNeon: () =>
      runFencedStep('load-neon', async (context) =>
        loadNeon(context, {
          ledger: await ports.ledger('neon'),
          rows: await ports.rows(),
          deletes,
          batchItems: batchItems.neon,
          concurrency: concurrency.load,
        }),
      ),
    verify: ({ only, level, vectorsEvery = 1 }) =>
      runFencedStep('verify', (context) =>
        using(ports.slice(), async (slice) => {
          const stores = await storesFor(only);
          const { inputDigest } = ports;
          const choices = { slice, projection, deletes, level, vectorsEvery, inputDigest, ofRun: isRun };
          const verified = await verify(context, { ...stores, ...choices });
          if (stores.ledger !== undefined) {
            await endRun(context, stores.ledger, { verified }, { price, calls: runCalls?.() });
          }
          if (only === undefined) await forgetAttempts(artifacts, { runs: !isRun });
          return verified;
        }),
      ),
    repairRetained: (run, { pay }) =>
      runFencedStep('repair', async (context) => {
        const embedder = await ports.embedder();
        return using(ports.cache(embedder.identity), async (cache) =>
          repairRetained(context, {
            vectors: await ports.vectors(),
            rows: await ports.rows(),
            ledger: await ports.ledger(undefined),
            run,
            cache,
            projection,
            deletes,
            embedder,
            pay,
          }),
        );
      }),
    recover: () =>
      runStep('recover', async (context) => {
        const { identity } = await ports.embedder();
        return using(ports.cache(identity), async (cache) =>
          recoverEmbeddings(context, { vectors: await ports.vectors(), cache, identity }),
        );
      }),
  };
}

function isStage(step: Step): step is Stage {
  return step in STAGE_DEPENDENCIES;
}

/** Closes what was opened when the work with it has ended, also when it failed. */
async function using<Thing, Result>(
  opening: Promise<Opened<Thing>>,
  work: (thing: Thing) => Promise<Result>,
): Promise<Result> {
  const thing = await opening;
  try {
    return await work(thing);
  } finally {
    await thing.close();
  }
}
