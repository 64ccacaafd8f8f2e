import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import {
  IndexingError,
  type Calls,
  type Dependency,
  type Embedder,
  type Ledger,
  type Logger,
  type RowStore,
  type SqlClient,
  type StoreName,
  type Telemetry,
  type VectorStore,
} from '@lockstep/model';
import { OPENAI_HOST, thirdPartyHost } from '@lockstep/embed-openai/models';
import {
  createGuard,
  createRateLimiter,
  GUARD_DEFAULTS,
  shownServer,
  type Guard,
  type GuardOptions,
  type MinuteLimits,
} from '@lockstep/resilience';
import { EMBEDDED_INPUT_TOKENS_MAX } from '@lockstep/embedded/model';
import type { EmbeddedOpenAi } from '@lockstep/embedded/openai';
import type { PgliteDatabase } from '@lockstep/embedded/pglite';
import type { EmbeddedQdrant } from '@lockstep/embedded/qdrant';
import type { ModelSettings } from '../settings/corpus-settings.ts';
import { embeddingPrice } from '../settings/embedding-price.ts';
import type { Environment } from '../settings/environment.ts';
import type { Profile } from '../settings/profile.ts';
import { EMBEDDED_ITEMS_MAX } from '../settings/known-models.ts';
import { openAiKey, postgresAddress, qdrantAddress } from '../settings/service-address.ts';
import type * as CountTokensModule from './count-tokens.ts';
import { loadEmbedded } from './load-embedded.ts';
import { createSharedEngines } from './shared-engines.ts';

export interface ServicesOptions {
  readonly environment: Environment;
  readonly profile: Profile;
  readonly stateDirectory: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** @default NO_TELEMETRY */
  readonly telemetry?: Telemetry | undefined;
  /** What may be sent to the embedding service. @default {}, the limits that the service reports */
  readonly minuteLimits?: MinuteLimits;
  /** Attempts and waiting times for a service that does not answer. @default GUARD_DEFAULTS */
  readonly guardLimits?: Pick<GuardOptions, 'attemptsMax' | 'timeoutMs' | 'deadlineMs'>;
  /** How long to wait while another process uses the embedded Postgres, in milliseconds. @default 600_000 */
  readonly lockWaitMs?: number | undefined;
}

/**
 * The services of a command. Each is opened when it is first used, so that a stage starts no engine and loads no client
 * that it does not need.
 */
export interface Services {
  /**
   * With `countsOnly` it needs no key, and may only be asked to count tokens. `price` is that of a million tokens in
   * US dollars, for telemetry. @default that of the model, if it is one of OpenAI's
   */
  embedder(
    model: ModelSettings,
    options?: { readonly countsOnly?: boolean; readonly price?: number | undefined },
  ): Promise<Embedder>;
  vectors(collection: string): Promise<VectorStore>;
  rows(table: string): Promise<RowStore>;
  /** The ledger: in tables beside the rows, or in a file if the rows are embedded. */
  ledger(): Promise<Ledger>;
  /** The addresses of both stores as they show themselves, without opening them. */
  targets(names: { readonly collection: string; readonly table: string }): Readonly<Record<StoreName, string>>;
  /** The tables for rows that this program has made in the database, whatever they hold. */
  tables(signal: AbortSignal): Promise<string[]>;
  /** Number of requests to each service so far. */
  calls(): Calls;
  /** Ends what is still being opened, and closes what was opened. */
  close(): Promise<void>;
}

/** Whether there is a ledger: a file where the rows are embedded, else tables in the Postgres that is configured. */
export function hasLedger({ profile, environment }: Pick<ServicesOptions, 'profile' | 'environment'>): boolean {
  return profile.rows === 'embedded' || environment.NEON_POSTGRES_CONNECTION_STRING !== undefined;
}

/** Shown instead of a host for an embedded service. */
const EMBEDDED = 'embedded';
const EMBEDDED_ADDRESS = { host: EMBEDDED, pathname: '' } as const;

/** Long enough for a model that embeds on one core. */
const EMBEDDED_TIMEOUT_MS = 600_000;

/** How long to wait while another process uses the embedded Postgres, in milliseconds. */
const PGLITE_WAIT_MS = 600_000;

const DATABASES = createSharedEngines<PgliteDatabase>();
const VECTOR_SERVERS = createSharedEngines<EmbeddedQdrant>();
const MODELS = createSharedEngines<EmbeddedOpenAi>();

/** Prepares the services of a profile; each is opened when it is first used. */
export function openServices(options: ServicesOptions): Services {
  const { environment, profile, stateDirectory, logger, lockWaitMs: waitMs = PGLITE_WAIT_MS } = options;
  const telemetry = options.telemetry === undefined ? {} : { telemetry: options.telemetry };
  const closing = new AbortController();
  const signal = AbortSignal.any([options.signal, closing.signal]);
  const closers: (() => Promise<void>)[] = [];
  const openings = new Set<Promise<unknown>>();
  const guards = new Map<Dependency, Guard>();

  function guard(dependency: Dependency, own: Partial<GuardOptions> = {}, fixed: Partial<GuardOptions> = {}): Guard {
    const made =
      guards.get(dependency) ??
      createGuard({ dependency, logger, ...telemetry, ...own, ...options.guardLimits, ...fixed });
    guards.set(dependency, made);
    return made;
  }

  /** Calls `open` once, and again only if that failed; it has ended before `close` does. */
  function once<Thing>(open: () => Promise<Thing>): () => Promise<Thing> {
    let opened: Promise<Thing> | undefined;
    return () => {
      if (opened !== undefined) return opened;
      const opening = open();
      opened = opening;
      openings.add(opening);
      const ended = (): void => void openings.delete(opening);
      opening.then(ended, () => {
        ended();
        opened = undefined;
      });
      return opening;
    };
  }

  const sql = once(async (): Promise<{ client: SqlClient; shown: string }> => {
    if (profile.rows === 'embedded') {
      const { openPglite } = await loadEmbedded(() => import('@lockstep/embedded/pglite'));
      const { createPgliteClient } = await loadEmbedded(() => import('@lockstep/embedded/pglite-client'));
      const directory = join(stateDirectory, 'postgres');
      const onWait = () => logger.info('embedded-postgres-awaited', { reason: 'another process is using it' });
      const { engine, release } = await DATABASES.lease(
        directory,
        (stop) => openPglite({ directory, waitMs, signal: stop, onWait }).catch(lockTimeout),
        signal,
      );
      closers.push(release);
      return {
        client: createPgliteClient({ database: engine, guard: guard('neon', { timeoutMs: EMBEDDED_TIMEOUT_MS }) }),
        shown: EMBEDDED,
      };
    }
    const { connectionString, protocol, fetchEndpoint, shown } = postgresAddress(environment);
    const { postgresVariable } = environment;
    if (postgresVariable !== undefined) {
      const hint = 'NEON_POSTGRES_CONNECTION_STRING names another one; LOCKSTEP_ROWS=embedded takes none';
      logger.info('postgres-taken', { from: postgresVariable, database: shown, hint });
    }
    const server = shownServer(fetchEndpoint ?? connectionString);
    if (protocol === 'http') {
      const { createNeonClient } = await import('@lockstep/store-neon/neon-client');
      return { client: createNeonClient({ connectionString, fetchEndpoint, guard: guard('neon', { server }) }), shown };
    }
    const { createPgClient } = await import('@lockstep/sql-pg');
    const client = createPgClient({ connectionString, guard: guard('neon', { server }) });
    closers.push(() => client.close());
    return { client, shown };
  });

  const rateLimiter = once(async () =>
    createRateLimiter({ dependency: 'openai', limits: options.minuteLimits ?? {}, logger }),
  );

  const qdrant = once(async (): Promise<{ url: URL; apiKey?: string; shownHost?: string }> => {
    if (profile.vectors === 'cloud') return qdrantAddress(environment);
    const { startEmbeddedQdrant } = await loadEmbedded(() => import('@lockstep/embedded/qdrant'));
    const directory = join(stateDirectory, 'qdrant');
    const { engine, release } = await VECTOR_SERVERS.lease(
      directory,
      async () => startEmbeddedQdrant({ directory }),
      signal,
    );
    closers.push(release);
    return { url: new URL(engine.url), shownHost: EMBEDDED };
  });

  const embeddedOpenAi = once(async () => {
    const { createEmbeddedOpenAi } = await loadEmbedded(() => import('@lockstep/embedded/openai'));
    const { engine, release } = await MODELS.lease(EMBEDDED, async () => createEmbeddedOpenAi(), signal);
    closers.push(release);
    return engine;
  });

  const ledger = once(async (): Promise<Ledger> => {
    if (profile.rows === 'embedded') {
      const { openSqliteLedger } = await loadEmbedded(() => import('@lockstep/embedded/ledger'));
      const opened = openSqliteLedger(join(stateDirectory, 'ledger.sqlite'));
      closers.push(() => opened.close());
      return opened;
    }
    const [{ client }, { createNeonLedger }] = await Promise.all([sql(), import('@lockstep/store-neon')]);
    return createNeonLedger(client);
  });

  return {
    ledger,
    async embedder({ model, dimensions }, { countsOnly = false, price } = {}) {
      const { createProtocolEmbedder } = await import('@lockstep/embed-openai/protocol');
      if (profile.embedder === 'cloud') {
        const { timeoutMs } = GUARD_DEFAULTS;
        const baseUrl = environment.OPENAI_BASE_URL;
        return createProtocolEmbedder({
          apiKey: countsOnly ? 'none' : openAiKey(environment),
          ...(baseUrl === undefined ? {} : { baseUrl }),
          model,
          dimensions,
          guard: guard('openai', {
            concurrency: CLOUD_EMBED_CONCURRENCY,
            server: shownServer(baseUrl ?? `https://${OPENAI_HOST}`),
          }),
          rateLimiter: await rateLimiter(),
          timeoutMs,
          countTokens: countCl100kTokens,
          price: price ?? embeddingPrice({ model, host: thirdPartyHost(baseUrl) }, { price: undefined }),
        });
      }
      const service = await embeddedOpenAi();
      const { countEmbeddedTokens } = await loadEmbedded(() => import('@lockstep/embedded/tokens'));
      return createProtocolEmbedder({
        apiKey: EMBEDDED,
        baseUrl: 'http://embedded.invalid/v1',
        hostIdentity: null,
        model,
        dimensions,
        // A model that starts on a busy machine takes longer than a probe may.
        guard: guard('openai', { concurrency: 1 }, { timeoutMs: EMBEDDED_TIMEOUT_MS, deadlineMs: EMBEDDED_TIMEOUT_MS }),
        timeoutMs: EMBEDDED_TIMEOUT_MS,
        fetch: service.fetch,
        serviceName: 'Lockstep embedded model',
        provider: 'lockstep',
        price: 0,
        limits: { inputTokensMax: EMBEDDED_INPUT_TOKENS_MAX, itemsMax: EMBEDDED_ITEMS_MAX },
        countTokens: countEmbeddedTokens,
      });
    },
    async vectors(collection) {
      const [address, { createQdrantVectorStore }] = await Promise.all([qdrant(), import('@lockstep/store-qdrant')]);
      const { timeoutMs } = GUARD_DEFAULTS;
      return createQdrantVectorStore({
        ...address,
        collection,
        guard: guard('qdrant', { server: address.shownHost === undefined ? shownServer(address.url) : undefined }),
        timeoutMs,
      });
    },
    async rows(table) {
      const [{ client, shown }, { createNeonRowStore }] = await Promise.all([sql(), import('@lockstep/store-neon')]);
      return createNeonRowStore({ sql: client, table, shownDatabase: shown });
    },
    async tables(stop) {
      const [{ client }, { madeTables }] = await Promise.all([sql(), import('@lockstep/store-neon')]);
      return madeTables(client, { signal: stop });
    },
    targets({ collection, table }) {
      const { host, pathname } = profile.vectors === 'cloud' ? qdrantAddress(environment).url : EMBEDDED_ADDRESS;
      const database = profile.rows === 'cloud' ? postgresAddress(environment).shown : EMBEDDED;
      return { qdrant: `${host}${pathname.replace(/\/+$/, '')}/${collection}`, neon: `${database}/${table}` };
    },
    calls: () => Object.fromEntries([...guards].map(([dependency, made]) => [dependency, made.stats()])),
    async close() {
      closing.abort();
      await Promise.allSettled(openings);
      for (const closer of closers.splice(0).reverse()) await closer();
    },
  };
}

/** Concurrent embedding requests: each takes about a second, nearly all of it waiting for the service. */
export const CLOUD_EMBED_CONCURRENCY = 8;

const require = createRequire(import.meta.url);

/** Loads the tokenizer with the first text, since that takes a seventh of a second and most runs count no text. */
function countCl100kTokens(text: string): number {
  const loaded = require('#count-tokens') as typeof CountTokensModule;
  return loaded.countCl100kTokens(text);
}

function lockTimeout(error: unknown): never {
  if (error instanceof Error && error.name === 'FileLockTimeoutError') {
    throw new IndexingError({ code: 'lock-timeout', message: error.message });
  }
  throw error;
}

/** A new id of a run, for the ledger and for messages. */
export function newRunId(): string {
  return randomUUID();
}
