import { mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import {
  openEmbeddingCache,
  openEmbeddingSlice,
  repairEmbeddingCache,
  type CacheRepair,
} from '@lockstep/embedding-cache';
import { isIndexingError, sha256Hex, type EmbedderIdentity, type Ledger } from '@lockstep/model';
import {
  createProjection,
  embed,
  endRun,
  FILES,
  graceSignal,
  loadNeon,
  loadQdrant,
  planCorpus,
  provision,
  receiptIfThere,
  recoverEmbeddings,
  repairRetained,
  validate,
  verify,
  type CorpusPlan,
  type DeleteLimit,
  type EmbedReceipt,
  type LoadReceipt,
  type Projection,
  type RecoverReceipt,
  type ProvisionReceipt,
  type StageContext,
  type RetainedRepair,
  type ValidateReceipt,
  type VerifyLevel,
  type VerifyReceipt,
} from '@lockstep/pipeline';
import { SYSTEM_CLOCK, type MinuteLimits } from '@lockstep/resilience';
import { createConsoleLogger } from './console-logger.ts';
import { openKnownEmbeddings } from './known-embeddings.ts';
import { CLOUD_EMBED_CONCURRENCY, newRunId, openServices, type Services } from './open-services.ts';
import { createProgress } from './progress.ts';
import { createDiskArtifacts } from './runtime/disk-artifacts.ts';
import { withInputFile } from './runtime/input-file.ts';
import { corpusFolder } from './runtime/state-directory.ts';
import { openTemporaries } from './runtime/temporaries.ts';
import { takeOverChunks } from './take-over-chunks.ts';
import type { CorpusSettings, ModelSettings } from './settings/corpus-settings.ts';
import type { EmbedderFacts } from './settings/embedder-facts.ts';
import type { Environment } from './settings/environment.ts';
import type { Profile } from './settings/profile.ts';

export interface CorpusSessionOptions {
  readonly settings: CorpusSettings;
  readonly model: ModelSettings;
  readonly embedder: EmbedderFacts;
  readonly profile: Profile;
  readonly environment: Environment;
  readonly stateDirectory: string;
  readonly verbose: boolean;
  readonly signal: AbortSignal;
  /** What may be sent to the embedding service; what the environment says where it is left out. */
  readonly minuteLimits?: MinuteLimits;
  /** Works on files that are gone when the session closes, and leaves those of the stages as they are. */
  readonly temporary?: boolean;
}

/** Which stores a stage concerns; both where it says nothing. */
export type Only = 'qdrant' | 'neon' | undefined;

/** Whether and up to which price an `embed` asks the service. */
export interface EmbedChoices {
  /** Called with the tokens that are to be paid for, before the first request; what it throws stops the stage. */
  readonly guardTokens?: (tokens: number) => void;
  /** False asks for nothing. */
  readonly pay?: boolean;
  /** Texts that the service may refuse before the stage fails. */
  readonly rejectsMax?: number;
}

/** The stages of one corpus, and what else is done to it, wired to the services of the profile. Close it when done. */
export interface CorpusSession {
  /** Where its files are, as it is shown: from the current folder. */
  readonly folder: string;
  validate(options: {
    readonly strict: boolean;
    /** Takes over the chunks of the stage where input and settings are what they were made of. */
    readonly takeOver?: boolean;
  }): Promise<ValidateReceipt>;
  plan(options: { readonly only: Only; readonly recheck: boolean; readonly trustStamps: boolean }): Promise<CorpusPlan>;
  embed(choices: EmbedChoices): Promise<EmbedReceipt>;
  provision(options: {
    readonly only: Only;
    /** Left out where a plan was held against it already. */
    readonly deleteLimit?: DeleteLimit;
    readonly kind?: 'load' | 'repair';
    readonly recheck?: boolean;
  }): Promise<ProvisionReceipt>;
  loadQdrant(options?: { readonly leaveMissing?: boolean }): Promise<LoadReceipt>;
  loadNeon(): Promise<LoadReceipt>;
  verify(options: {
    readonly only: Only;
    readonly level: VerifyLevel;
    readonly vectorsEvery: number;
  }): Promise<VerifyReceipt>;
  /** Puts right what is held or kept, under the fence of a provisioned run. */
  repairRetained(run: ProvisionReceipt, options: { readonly pay: boolean }): Promise<RetainedRepair>;
  /** Sets damaged lines of the model's cache aside. */
  repairCache(): Promise<CacheRepair & { readonly cache: string }>;
  /** Reads wanted vectors back from the collection into the cache. */
  recover(): Promise<RecoverReceipt>;
  close(): Promise<void>;
}

/** Requests under way at once to one store. */
const LOAD_CONCURRENCY = 2;

/** How long an append waits for another process that appends, in milliseconds. */
const CACHE_LOCK_WAIT_MS = 60_000;

/** Wires the stages of one corpus; no service is opened before a stage asks for it. */
export function openCorpusSession(options: CorpusSessionOptions): CorpusSession {
  const { settings, model, profile, stateDirectory, signal } = options;
  const { corpus } = settings;
  const ownFolder = corpusFolder(stateDirectory, corpus);
  const temporaries = openTemporaries(ownFolder);
  const folder = options.temporary === true ? temporaries.path() : ownFolder;
  const ownArtifacts = createDiskArtifacts(ownFolder, temporaries);
  const artifacts = options.temporary === true ? createDiskArtifacts(folder, temporaries) : ownArtifacts;
  const projection: Projection = createProjection({ corpus, model: model.model, fields: settings.payload });
  const services: Services = openServices({
    ...options,
    logger: createConsoleLogger({ verbose: options.verbose, prefix: corpus }),
  });

  function contextOf(step: string, onProgress?: StageContext['onProgress']): StageContext {
    const logger = createConsoleLogger({ verbose: options.verbose, prefix: `${corpus} ${step}` });
    const { calls } = services;
    return { corpus, artifacts, clock: SYSTEM_CLOCK, logger, signal, calls, ...(onProgress ? { onProgress } : {}) };
  }

  /** Runs a step with its own log prefix and progress. */
  async function inStep<Receipt>(step: string, run: (context: StageContext) => Promise<Receipt>): Promise<Receipt> {
    const progress = createProgress({ stage: `${corpus} ${step}`, stream: process.stderr, now: Date.now });
    try {
      return await run(contextOf(step, (done, total) => progress.update(done, total)));
    } catch (error) {
      if (isIndexingError(error)) error.endStage(step);
      throw error;
    } finally {
      progress.end();
    }
  }

  /** Runs a step of a run that holds a fence: its failure ends the run, and the run table says so. */
  async function inRun<Receipt>(step: string, run: (context: StageContext) => Promise<Receipt>): Promise<Receipt> {
    return inStep(step, async (context) => {
      try {
        return await run(context);
      } catch (error) {
        // The failure itself is what is told; a ledger that cannot be reached either leaves the run without an end.
        const ended = { ...contextOf(step), signal: graceSignal(signal) };
        await services
          .ledger()
          .then((ledger) => endRun(ended, ledger, { error }))
          .catch(() => {});
        throw error;
      }
    });
  }

  const truncates = settings.overlong === 'truncate';

  const cachePath = (identity: EmbedderIdentity) => join(stateDirectory, 'cache', cacheName(identity));
  const slicePath = join(folder, FILES.slice);
  const openSlice = () => openEmbeddingSlice({ path: slicePath, dimensions: model.dimensions });
  const openCache = (identity: EmbedderIdentity) =>
    openEmbeddingCache({
      path: cachePath(identity),
      slicePath,
      temporaryPath: temporaries.path(),
      dimensions: model.dimensions,
      lockWaitMs: CACHE_LOCK_WAIT_MS,
      signal,
    });
  const ledgerFor = async (only: Only): Promise<Ledger | undefined> => {
    // Points alone, where no Postgres is in use, are loaded without fence and stamp.
    const noPostgres = profile.rows === 'cloud' && options.environment.NEON_POSTGRES_CONNECTION_STRING === undefined;
    return only === 'qdrant' && noPostgres ? undefined : services.ledger();
  };
  const storesFor = async (only: Only) => {
    const ledger = await ledgerFor(only);
    return {
      ...(only === 'neon' ? {} : { vectors: await services.vectors(settings.collection) }),
      ...(only === 'qdrant' ? {} : { rows: await services.rows(settings.table) }),
      ...(ledger === undefined ? {} : { ledger }),
    };
  };

  return {
    folder: relative(process.cwd(), folder),
    validate: ({ strict, takeOver = false }) =>
      inStep('validate', async (context) => {
        if (takeOver) {
          const [from, into] = [ownFolder, folder];
          const { inputPath } = settings;
          const { embedder } = options;
          const taken = await takeOverChunks({ from, into, temporaries, inputPath, embedder, truncates, signal });
          if (taken !== undefined && !(strict && taken.rejected > 0)) return taken;
        }
        const embedder = await services.embedder(model);
        return withInputFile(settings.inputPath, signal, (bytes, digest) =>
          validate(context, {
            input: { name: settings.inputPath, bytes, digest },
            identity: embedder.identity,
            inputTokensMax: embedder.inputTokensMax,
            tokensOver: (text) => embedder.tokensOver(text),
            ...(truncates ? { fit: (text: string) => embedder.fit(text) } : {}),
            strict,
          }),
        );
      }),
    plan: ({ only, recheck, trustStamps }) =>
      inStep('plan', async (context) => {
        const { identity } = options.embedder;
        const cache = openKnownEmbeddings({
          cachePath: cachePath(identity),
          slicePath: join(ownFolder, FILES.slice),
          dimensions: model.dimensions,
          embedded: await receiptIfThere<EmbedReceipt>(ownArtifacts, FILES.embedReceipt),
        });
        try {
          return await planCorpus(context, {
            ...(await storesFor(only)),
            identity,
            counter: () => services.embedder(model),
            cache,
            projection,
            deletes: settings.deletes,
            recheck,
            trustStamps,
          });
        } finally {
          await cache.close();
        }
      }),
    embed: (choices) =>
      inRun('embed', async (context) => {
        const embedder = await services.embedder(model);
        mkdirSync(join(folder, 'embed'), { recursive: true });
        const cache = await openCache(embedder.identity);
        try {
          const concurrency = profile.embedder === 'cloud' ? CLOUD_EMBED_CONCURRENCY : 1;
          return await embed(context, { embedder, cache, batchItems: settings.batchItems, concurrency, ...choices });
        } finally {
          await cache.close();
        }
      }),
    provision: ({ only, ...choices }) =>
      inStep('provision', async (context) =>
        provision(context, {
          runId: newRunId(),
          ...(await storesFor(only)),
          projection,
          dimensions: model.dimensions,
          deletes: settings.deletes,
          ...choices,
          nonce: newRunId,
        }),
      ),
    loadQdrant: (choices = {}) =>
      inRun('load-qdrant', async (context) => {
        const slice = openSlice();
        try {
          const ledger = await ledgerFor('qdrant');
          return await loadQdrant(context, {
            vectors: await services.vectors(settings.collection),
            slice,
            projection,
            ...(ledger === undefined ? {} : { ledger }),
            deletes: settings.deletes,
            batchItems: settings.qdrantBatchItems,
            concurrency: LOAD_CONCURRENCY,
            ...choices,
          });
        } finally {
          await slice.close();
        }
      }),
    loadNeon: () =>
      inRun('load-neon', async (context) =>
        loadNeon(context, {
          rows: await services.rows(settings.table),
          ledger: await services.ledger(),
          deletes: settings.deletes,
          batchItems: settings.neonBatchItems,
          concurrency: LOAD_CONCURRENCY,
        }),
      ),
    verify: ({ only, level, vectorsEvery }) =>
      inRun('verify', async (context) => {
        const slice = openSlice();
        try {
          const stores = await storesFor(only);
          const { deletes } = settings;
          const verified = await verify(context, { ...stores, slice, projection, deletes, level, vectorsEvery });
          if (stores.ledger !== undefined) await endRun(context, stores.ledger, { verified });
          return verified;
        } finally {
          await slice.close();
        }
      }),
    repairRetained: (run, { pay }) =>
      inRun('repair', async (context) => {
        const embedder = await services.embedder(model);
        const cache = await openCache(embedder.identity);
        try {
          return await repairRetained(context, {
            vectors: await services.vectors(settings.collection),
            rows: await services.rows(settings.table),
            ledger: await services.ledger(),
            run,
            cache,
            projection,
            deletes: settings.deletes,
            embedder,
            pay,
          });
        } finally {
          await cache.close();
        }
      }),
    repairCache: () =>
      inStep('cache repair', async () => {
        const { identity } = await services.embedder(model);
        const path = cachePath(identity);
        const { dimensions } = model;
        const repaired = await repairEmbeddingCache({ path, dimensions, lockWaitMs: CACHE_LOCK_WAIT_MS, signal });
        return { ...repaired, cache: cacheName(identity) };
      }),
    recover: () =>
      inStep('recover', async (context) => {
        const { identity } = await services.embedder(model);
        const cache = await openCache(identity);
        try {
          return await recoverEmbeddings(context, {
            vectors: await services.vectors(settings.collection),
            cache,
            identity,
          });
        } finally {
          await cache.close();
        }
      }),
    async close() {
      await services.close();
      if (options.temporary === true) temporaries.remove(folder);
    },
  };
}

/** File of the cache of one embedder: readable, and different for whatever gives other vectors. */
function cacheName({ model, host, dimensions }: EmbedderIdentity): string {
  const readable = model.replaceAll(/[^A-Za-z0-9.-]+/g, '-');
  return `${readable}-${dimensions}-${sha256Hex(JSON.stringify([model, host, dimensions])).slice(0, 8)}.jsonl`;
}
