import { createReadStream, mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { openEmbeddingCache, openEmbeddingSlice } from '@lockstep/embedding-cache';
import { sha256Hex, type Embedder, type EmbedderIdentity, type Stage } from '@lockstep/model';
import {
  createProjection,
  embed,
  FILES,
  loadNeon,
  loadQdrant,
  provision,
  validate,
  verify,
  type EmbedReceipt,
  type LoadReceipt,
  type Projection,
  type RunFile,
  type StageContext,
  type ValidateReceipt,
  type VerifyLevel,
  type VerifyReceipt,
} from '@lockstep/pipeline';
import { SYSTEM_CLOCK } from '@lockstep/resilience';
import { createConsoleLogger } from './console-logger.ts';
import { CLOUD_EMBED_CONCURRENCY, newRunId, openServices, type Services } from './open-services.ts';
import { createProgress } from './progress.ts';
import { createDiskArtifacts } from './runtime/disk-artifacts.ts';
import { corpusFolder } from './runtime/state-directory.ts';
import { openTemporaries } from './runtime/temporaries.ts';
import type { CorpusSettings, ModelSettings } from './settings/corpus-settings.ts';
import type { Environment } from './settings/environment.ts';
import type { Profile } from './settings/profile.ts';

export interface CorpusSessionOptions {
  readonly settings: CorpusSettings;
  readonly model: ModelSettings;
  readonly profile: Profile;
  readonly environment: Environment;
  readonly stateDirectory: string;
  readonly verbose: boolean;
  readonly signal: AbortSignal;
}

/** Which stores a stage concerns; both where it says nothing. */
export type Only = 'qdrant' | 'neon' | undefined;

/** The stages of one corpus, wired to the services of the profile. Close it when done. */
export interface CorpusSession {
  /** Where its files are, as it is shown: from the current folder. */
  readonly folder: string;
  validate(options: { readonly strict: boolean }): Promise<ValidateReceipt>;
  embed(): Promise<EmbedReceipt>;
  provision(options: { readonly only: Only; readonly allowDeletes: boolean }): Promise<RunFile>;
  loadQdrant(): Promise<LoadReceipt>;
  loadNeon(): Promise<LoadReceipt>;
  verify(options: {
    readonly only: Only;
    readonly level: VerifyLevel;
    readonly vectorsEvery: number;
  }): Promise<VerifyReceipt>;
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
  const folder = corpusFolder(stateDirectory, corpus);
  const temporaries = openTemporaries(folder);
  const artifacts = createDiskArtifacts(folder, temporaries);
  const projection: Projection = createProjection({ corpus, model: model.model, fields: settings.payload });
  const services: Services = openServices({
    ...options,
    logger: createConsoleLogger({ verbose: options.verbose, prefix: corpus }),
  });

  /** Runs a stage with its own log prefix and progress. */
  async function inStage<Receipt>(stage: Stage, run: (context: StageContext) => Promise<Receipt>): Promise<Receipt> {
    const progress = createProgress({ stage: `${corpus} ${stage}`, stream: process.stderr, now: Date.now });
    const logger = createConsoleLogger({ verbose: options.verbose, prefix: `${corpus} ${stage}` });
    try {
      return await run({
        corpus,
        artifacts,
        clock: SYSTEM_CLOCK,
        logger,
        signal,
        onProgress: (done, total) => progress.update(done, total),
      });
    } finally {
      progress.end();
    }
  }

  const slicePath = join(folder, FILES.slice);
  const openSlice = () => openEmbeddingSlice({ path: slicePath, dimensions: model.dimensions });
  const ledgerFor = async (only: Only) => {
    // Points alone, where no Postgres is in use, are loaded without fence and stamp.
    if (
      only === 'qdrant' &&
      profile.rows === 'cloud' &&
      options.environment.NEON_POSTGRES_CONNECTION_STRING === undefined
    ) {
      return undefined;
    }
    return services.ledger();
  };

  return {
    folder: relative(process.cwd(), folder),
    validate: ({ strict }) =>
      inStage('validate', async (context) => {
        const embedder: Embedder = await services.embedder(model);
        return validate(context, {
          input: { name: settings.inputPath, bytes: createReadStream(settings.inputPath, { highWaterMark: 1 << 18 }) },
          identity: embedder.identity,
          inputTokensMax: embedder.inputTokensMax,
          tokensOver: (text) => embedder.tokensOver(text),
          strict,
        });
      }),
    embed: () =>
      inStage('embed', async (context) => {
        const embedder = await services.embedder(model);
        mkdirSync(join(folder, 'embed'), { recursive: true });
        const cache = await openEmbeddingCache({
          path: join(stateDirectory, 'cache', cacheName(embedder.identity)),
          slicePath,
          temporaryPath: temporaries.path(),
          dimensions: model.dimensions,
          lockWaitMs: CACHE_LOCK_WAIT_MS,
          signal,
        });
        try {
          const concurrency = profile.embedder === 'cloud' ? CLOUD_EMBED_CONCURRENCY : 1;
          return await embed(context, { embedder, cache, batchItems: settings.batchItems, concurrency });
        } finally {
          await cache.close();
        }
      }),
    provision: ({ only, allowDeletes }) =>
      inStage('provision', async (context) => {
        const ledger = await ledgerFor(only);
        return provision(context, {
          runId: newRunId(),
          ...(only === 'neon' ? {} : { vectors: await services.vectors(settings.collection) }),
          ...(only === 'qdrant' ? {} : { rows: await services.rows(settings.table) }),
          ...(ledger === undefined ? {} : { ledger }),
          projection,
          dimensions: model.dimensions,
          deletes: settings.deletes,
          allowDeletes,
          nonce: newRunId,
        });
      }),
    loadQdrant: () =>
      inStage('load-qdrant', async (context) => {
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
          });
        } finally {
          await slice.close();
        }
      }),
    loadNeon: () =>
      inStage('load-neon', async (context) =>
        loadNeon(context, {
          rows: await services.rows(settings.table),
          ledger: await services.ledger(),
          deletes: settings.deletes,
          batchItems: settings.neonBatchItems,
          concurrency: LOAD_CONCURRENCY,
        }),
      ),
    verify: ({ only, level, vectorsEvery }) =>
      inStage('verify', async (context) => {
        const slice = openSlice();
        try {
          const ledger = await ledgerFor(only);
          return await verify(context, {
            ...(only === 'neon' ? {} : { vectors: await services.vectors(settings.collection) }),
            ...(only === 'qdrant' ? {} : { rows: await services.rows(settings.table) }),
            ...(ledger === undefined ? {} : { ledger }),
            slice,
            projection,
            deletes: settings.deletes,
            level,
            vectorsEvery,
          });
        } finally {
          await slice.close();
        }
      }),
    close: () => services.close(),
  };
}

/** File of the cache of one embedder: readable, and different for whatever gives other vectors. */
function cacheName({ model, host, dimensions }: EmbedderIdentity): string {
  const readable = model.replaceAll(/[^A-Za-z0-9.-]+/g, '-');
  return `${readable}-${dimensions}-${sha256Hex(JSON.stringify([model, host, dimensions])).slice(0, 8)}.jsonl`;
}
