import {
  isIndexingError,
  type Artifacts,
  type Clock,
  type DeleteMode,
  type Embedder,
  type EmbedderIdentity,
  type EmbeddingCache,
  type EmbeddingReader,
  type EmbeddingSlice,
  type Ledger,
  type Logger,
  type RowStore,
  type StoreName,
  type VectorStore,
} from '@lockstep/model';
import type { DeleteLimit } from './compare/delete-guard.ts';
import type { KnownKeys } from './compare/plan-embedding.ts';
import type { Projection } from './compare/projection.ts';
import type { Trust } from './compare/trust.ts';
import { planCorpus } from './operations/plan-corpus.ts';
import { recoverEmbeddings } from './operations/recover-embeddings.ts';
import { repairRetained } from './operations/repair-retained.ts';
import type {
  Calls,
  CorpusPlan,
  EmbedReceipt,
  LoadReceipt,
  ProbedStores,
  ProvisionReceipt,
  RecoverReceipt,
  RetainedRepair,
  ValidateReceipt,
  VerifyLevel,
  VerifyReceipt,
} from './receipts.ts';
import { endRun, graceSignal } from './runs/end-run.ts';
import { embed, type EmbedOptions } from './stages/embed.ts';
import { loadNeon } from './stages/load-neon.ts';
import { loadQdrant } from './stages/load-qdrant.ts';
import { provision } from './stages/provision.ts';
import { validate, type ValidateOptions } from './stages/validate.ts';
import { verify } from './stages/verify.ts';
import type { StageContext } from './work/stage-context.ts';
import type { Stores } from './work/stores.ts';

/** What is the same in all stages of a corpus. */
export interface CorpusSettings {
  readonly name: string;
  /** Which fields points carry, and in what form. */
  readonly projection: Projection;
  /** Which embedder its vectors are of. */
  readonly identity: EmbedderIdentity;
  readonly deletes: DeleteMode;
  /** Embeds the beginning of a text that is too long for the model. @default false: its record is rejected */
  readonly truncates?: boolean | undefined;
  /** Chunks in one request, at most; the services' own limits come on top. */
  readonly batchItems: { readonly embed: number; readonly qdrant: number; readonly neon: number };
  /** Requests under way at once to one service. */
  readonly concurrency: { readonly embed: number; readonly load: number };
}

/** Something that is opened for one stage and closed after it. */
export type Opened<Thing> = Thing & { close(): Promise<void> };

/** How a corpus reaches its input and the services. Each is asked for by the stage that uses it, so that no other opens it. */
export interface CorpusPorts {
  /** Gives `read` the bytes of the input, and ends when it does. */
  input<Result>(read: (input: ValidateOptions['input']) => Promise<Result>): Promise<Result>;
  embedder(): Promise<Embedder>;
  vectors(): Promise<VectorStore>;
  rows(): Promise<RowStore>;
  /** Undefined where points alone are loaded and there is no Postgres: then there is no fence and no stamp. */
  ledger(only: StoreName | undefined): Promise<Ledger | undefined>;
  /** All embeddings of the embedder, with the slice of the corpus to adopt and to write. */
  cache(identity: EmbedderIdentity): Promise<Opened<EmbeddingCache>>;
  /** The slice of the corpus, as `embed` wrote it. */
  slice(): Promise<Opened<EmbeddingSlice>>;
  /** What need not be embedded, for a plan: the slice and the cache, opened for reading alone. */
  known(): Promise<Opened<EmbeddingReader & KnownKeys>>;
  /** Chunks made earlier from the same input and settings, taken over in place of reading the input. @default none */
  reusableChunks?(): Promise<ValidateReceipt | undefined>;
}

/** How a step reports what it does. */
export interface StepReport {
  readonly logger: Logger;
  readonly onProgress?: StageContext['onProgress'];
  /** Called when the step has ended, well or not. */
  end?(): void;
}

export interface OpenCorpusOptions {
  readonly settings: CorpusSettings;
  readonly ports: CorpusPorts;
  /** The files that the stages hand on. */
  readonly artifacts: Artifacts;
  readonly clock: Clock;
  /** Called as each step begins, with its name: a stage, `plan`, `repair` or `recover`. */
  readonly report: (step: string) => StepReport;
  /** A new name for a run, or a nonce: never the same twice. */
  readonly newId: () => string;
  readonly signal?: AbortSignal | undefined;
  /** Requests to each service so far. @default none are counted */
  readonly calls?: (() => Calls) | undefined;
}

/** Whether and up to which price `embed` asks the service. */
export type EmbedChoices = Pick<EmbedOptions, 'guardTokens' | 'pay' | 'rejectsMax'>;

/** Which store a step concerns. @default both */
export interface OnlyStore {
  readonly only?: StoreName | undefined;
}

export interface VerifyChoices {
  readonly level: VerifyLevel;
  /** At level `vectors`: compare one vector in so many. @default 1, all */
  readonly vectorsEvery?: number | undefined;
}

/**
 * The stages of one corpus, and what else is done to it, bound to its files and services. `runCorpus` and `repairCorpus`
 * call them in their order; the targets of a build system call them one by one.
 *
 * Each fails with an `IndexingError` that names its step. A stage that fails under the fence of a run ends that run in the
 * run table.
 */
export interface Corpus {
  readonly settings: CorpusSettings;
  validate(options?: {
    /** Any rejected record fails the stage. @default false */
    readonly strict?: boolean | undefined;
    /** Takes over chunks that were made of the same input and settings. @default false */
    readonly reuse?: boolean | undefined;
  }): Promise<ValidateReceipt>;
  plan(options: OnlyStore & { readonly trust: Trust }): Promise<CorpusPlan>;
  embed(choices?: EmbedChoices): Promise<EmbedReceipt>;
  provision(
    options?: OnlyStore & {
      /** How much the loads may delete. @default any number, and nothing is planned */
      readonly deleteLimit?: DeleteLimit | undefined;
      /** @default 'stamps' */
      readonly trust?: 'stamps' | 'nothing' | undefined;
      /** What a plan of the same run found. */
      readonly planned?: ProbedStores | undefined;
    },
  ): Promise<ProvisionReceipt>;
  loadQdrant(options?: { readonly leaveMissing?: boolean | undefined }): Promise<LoadReceipt>;
  loadNeon(): Promise<LoadReceipt>;
  /** Verifies, and ends the run in the run table with what it found. */
  verify(options: OnlyStore & VerifyChoices): Promise<VerifyReceipt>;
  /** Puts right what is held or kept, under the fence of the provisioned run. */
  repairRetained(run: ProvisionReceipt, options: { readonly pay: boolean }): Promise<RetainedRepair>;
  /** Reads wanted vectors back from the collection into the cache. */
  recover(): Promise<RecoverReceipt>;
}

/** Binds the stages to the files and services of one corpus. Nothing is opened before a stage asks for it. */
export function openCorpus(options: OpenCorpusOptions): Corpus {
  const { settings, ports, artifacts, clock, newId, signal, calls } = options;
  const { name: corpus, projection, deletes, batchItems, concurrency } = settings;

  /** Does a step with a report of its own. */
  async function inStep<Receipt>(step: string, work: (context: StageContext) => Promise<Receipt>): Promise<Receipt> {
    const { logger, onProgress, end } = options.report(step);
    try {
      return await work({
        corpus,
        artifacts,
        clock,
        logger,
        signal,
        ...(calls && { calls }),
        ...(onProgress && { onProgress }),
      });
    } catch (error) {
      if (isIndexingError(error)) error.endStage(step);
      throw error;
    } finally {
      end?.();
    }
  }

  /** Does a step of a run that holds a fence: when it fails the run has ended, and the run table gets its end. */
  const inRun = <Receipt>(step: string, work: (context: StageContext) => Promise<Receipt>): Promise<Receipt> =>
    inStep(step, async (context) => {
      try {
        return await work(context);
      } catch (error) {
        const ended = { ...context, signal: graceSignal(signal) };
        // The failure itself is reported; where the ledger cannot be reached either, the run stays without an end.
        await ports
          .ledger(undefined)
          .then((ledger) => ledger && endRun(ended, ledger, { error }))
          .catch(() => {});
        throw error;
      }
    });

  async function storesFor(only: StoreName | undefined): Promise<Stores> {
    return {
      ledger: await ports.ledger(only),
      vectors: only === 'neon' ? undefined : await ports.vectors(),
      rows: only === 'qdrant' ? undefined : await ports.rows(),
    };
  }

  return {
    settings,
    validate: ({ strict = false, reuse = false } = {}) =>
      inStep('validate', async (context) => {
        const made = reuse ? await ports.reusableChunks?.() : undefined;
        if (made !== undefined && !(strict && made.rejected > 0)) return made;
        const embedder = await ports.embedder();
        return ports.input((input) =>
          validate(context, {
            input,
            identity: embedder.identity,
            inputTokensMax: embedder.inputTokensMax,
            tokensOver: (text) => embedder.tokensOver(text),
            ...(settings.truncates === true && { fit: (text: string) => embedder.fit(text) }),
            strict,
          }),
        );
      }),
    plan: ({ only, trust }) =>
      inStep('plan', (context) =>
        using(ports.known(), async (cache) =>
          planCorpus(context, {
            ...(await storesFor(only)),
            identity: settings.identity,
            counter: () => ports.embedder(),
            cache,
            projection,
            deletes,
            trust,
          }),
        ),
      ),
    embed: (choices) =>
      inRun('embed', async (context) => {
        const embedder = await ports.embedder();
        return using(ports.cache(embedder.identity), (cache) =>
          embed(context, {
            embedder,
            cache,
            batchItems: batchItems.embed,
            concurrency: concurrency.embed,
            ...choices,
          }),
        );
      }),
    provision: ({ only, trust = 'stamps', ...choices } = {}) =>
      inStep('provision', async (context) =>
        provision(context, {
          ...(await storesFor(only)),
          runId: newId(),
          projection,
          dimensions: settings.identity.dimensions,
          deletes,
          trust,
          ...choices,
          nonce: newId,
        }),
      ),
    loadQdrant: ({ leaveMissing = false } = {}) =>
      inRun('load-qdrant', (context) =>
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
      inRun('load-neon', async (context) =>
        loadNeon(context, {
          ledger: await ports.ledger('neon'),
          rows: await ports.rows(),
          deletes,
          batchItems: batchItems.neon,
          concurrency: concurrency.load,
        }),
      ),
    verify: ({ only, level, vectorsEvery = 1 }) =>
      inRun('verify', (context) =>
        using(ports.slice(), async (slice) => {
          const stores = await storesFor(only);
          const verified = await verify(context, { ...stores, slice, projection, deletes, level, vectorsEvery });
          if (stores.ledger !== undefined) await endRun(context, stores.ledger, { verified });
          return verified;
        }),
      ),
    repairRetained: (run, { pay }) =>
      inRun('repair', async (context) => {
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
      inStep('recover', async (context) => {
        const { identity } = await ports.embedder();
        return using(ports.cache(identity), async (cache) =>
          recoverEmbeddings(context, { vectors: await ports.vectors(), cache, identity }),
        );
      }),
  };
}

/** Closes what was opened when the work with it has ended, well or not. */
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
