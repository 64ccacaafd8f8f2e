import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  DISK,
  openEmbeddingCache,
  openEmbeddingSlice,
  repairEmbeddingCache,
  type CacheRepair,
} from '@lockstep/embedding-cache';
import { isIndexingError, type EmbedderIdentity, type Telemetry } from '@lockstep/model';
import {
  createProjection,
  DEFAULT_REJECT_LIMIT,
  FILES,
  openCorpus,
  receiptIfThere,
  type Corpus,
  type CorpusPorts,
  type EmbedReceipt,
} from '@lockstep/pipeline';
import { orAborted, SYSTEM_CLOCK, type MinuteLimits } from '@lockstep/resilience';
import { openKnownEmbeddings } from './known-embeddings.ts';
import { CLOUD_EMBED_CONCURRENCY, hasLedger, newRunId, openServices, type Services } from './open-services.ts';
import { cacheName, cachePath } from '../runtime/cache-path.ts';
import { createDiskArtifacts, shownPath } from '../runtime/disk-artifacts.ts';
import { digestNow } from '../input/input-digest.ts';
import { openInput } from '../input/open-input.ts';
import { withInputFiles } from '../runtime/input-file.ts';
import { corpusFolder } from '../runtime/state-directory.ts';
import { openTemporaries } from '../runtime/temporaries.ts';
import { reuseChunks } from './reuse-chunks.ts';
import type { CorpusSettings, ModelSettings } from '../settings/corpus-settings.ts';
import type { EmbedderFacts } from '../settings/embedder-facts.ts';
import type { Environment } from '../settings/environment.ts';
import type { Profile } from '../settings/profile.ts';
import type { Reporter } from '../terminal/reporter.ts';

export interface CorpusSessionOptions {
  readonly settings: CorpusSettings;
  readonly model: ModelSettings;
  readonly embedder: EmbedderFacts;
  readonly profile: Profile;
  readonly environment: Environment;
  readonly stateDirectory: string;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** US dollars for a million tokens. @default it is not known */
  readonly price?: number | undefined;
  /** @default NO_TELEMETRY */
  readonly telemetry?: Telemetry | undefined;
  /** What may be sent to the embedding service. @default {}, the limits that the service reports */
  readonly minuteLimits?: MinuteLimits;
  /** Asks no ledger, so that a plan of what is to be embedded needs no store. @default false */
  readonly withoutStores?: boolean | undefined;
  /** Services that the caller has opened, and closes. @default the session opens its own */
  readonly services?: Services | undefined;
  /** Works on temporary files, which are removed on close, instead of those of the stages, and embeds nothing. @default false */
  readonly temporary?: boolean | undefined;
}

/** A corpus on this machine, with the services of the profile. Close it when done. */
export interface CorpusSession extends Corpus {
  /** Folder of its files, as people can open it. */
  readonly folder: string;
  /** Moves damaged lines of the embedding cache of the model to another file. */
  repairCache(): Promise<CacheRepair & { readonly cache: string }>;
  close(): Promise<void>;
}

/** Concurrent requests to one store. */
const LOAD_CONCURRENCY = 2;

/** How long an append waits for an append of another process, in milliseconds. */
export const CACHE_LOCK_WAIT_MS = 60_000;

/** Opens a corpus with its files in the state directory. A service is opened when a stage first uses it. */
export function openCorpusSession(options: CorpusSessionOptions): CorpusSession {
  const { settings, model, profile, stateDirectory, signal, reporter, price, telemetry } = options;
  const { corpus } = settings;
  const { dimensions } = model;
  const ownFolder = corpusFolder(stateDirectory, corpus);
  const temporaries = openTemporaries(ownFolder);
  const folder = options.temporary === true ? temporaries.path() : ownFolder;
  const artifacts = createDiskArtifacts(folder, temporaries, DISK, options.temporary !== true);
  const logger = reporter.logger(corpus);
  const services = options.services ?? openServices({ ...options, logger });
  /** Others may be waiting for the same service to open, so that it goes on when this session is stopped. */
  const opening = <Service>(service: Promise<Service>): Promise<Service> => orAborted(service, signal);
  const input = openInput(settings.input, { temporaries, signal, logger, telemetry });
  const slicePath = join(folder, FILES.slice);
  const cacheOf = (identity: EmbedderIdentity) => cachePath(stateDirectory, identity);

  const ports: CorpusPorts = {
    input: async (read) => withInputFiles(await input.files(), signal, read),
    reusableChunks: (overlong) =>
      reuseChunks({
        from: ownFolder,
        into: folder,
        temporaries,
        input: input.files,
        embedder: options.embedder,
        overlong,
        fields: settings.fields,
        signal,
      }),
    inputDigest: () => digestNow(settings.input, signal),
    embedder: () => opening(services.embedder(model, { countsOnly: options.temporary === true, price })),
    vectors: () => opening(services.vectors(settings.collection)),
    rows: () => opening(services.rows(settings.table)),
    async ledger(only) {
      if (options.withoutStores === true || (only === 'qdrant' && !hasLedger(options))) return undefined;
      // Waits for no lock, and a run that was stopped enters its end there.
      return services.ledger();
    },
    async cache(identity) {
      mkdirSync(join(folder, 'embed'), { recursive: true });
      return openEmbeddingCache({
        path: cacheOf(identity),
        slicePath,
        temporaryPath: temporaries.path(),
        dimensions,
        lockWaitMs: CACHE_LOCK_WAIT_MS,
        signal,
      });
    },
    slice: async () => openEmbeddingSlice({ path: slicePath, dimensions }),
    known: async () =>
      openKnownEmbeddings({
        cachePath: cacheOf(options.embedder.identity),
        slicePath: join(ownFolder, FILES.slice),
        dimensions,
        embedded: await receiptIfThere<EmbedReceipt>(createDiskArtifacts(ownFolder, temporaries), FILES.embedReceipt),
      }),
  };

  const opened = openCorpus({
    settings: {
      name: corpus,
      projection: createProjection({ corpus, model: model.model, fields: settings.payload }),
      identity: options.embedder.identity,
      deletes: settings.deletes,
      overlong: settings.overlong,
      fields: settings.fields,
      input: settings.origin,
      allowNewIds: settings.allowNewIds,
      rejectLimit:
        settings.maxRejectedPercent === undefined
          ? DEFAULT_REJECT_LIMIT
          : { percent: settings.maxRejectedPercent, count: 0 },
      batchItems: { embed: settings.batchItems, qdrant: settings.qdrantBatchItems, neon: settings.neonBatchItems },
      concurrency: { embed: profile.embedder === 'cloud' ? CLOUD_EMBED_CONCURRENCY : 1, load: LOAD_CONCURRENCY },
    },
    ports,
    artifacts,
    clock: SYSTEM_CLOCK,
    report: (step) => reporter.step(corpus, step, price),
    telemetry,
    newId: newRunId,
    signal,
    calls: services.calls,
    price: options.price,
  });

  return {
    ...opened,
    folder: shownPath(folder),
    async repairCache() {
      const { identity } = options.embedder;
      try {
        const path = cacheOf(identity);
        const repaired = await repairEmbeddingCache({ path, dimensions, lockWaitMs: CACHE_LOCK_WAIT_MS, signal });
        return { ...repaired, cache: cacheName(identity) };
      } catch (error) {
        if (isIndexingError(error)) error.endStage('cache repair');
        throw error;
      }
    },
    async close() {
      if (options.services === undefined) await services.close();
      input.close();
      if (options.temporary === true) temporaries.remove(folder);
    },
  };
}
