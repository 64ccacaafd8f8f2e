import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedQdrant, type EmbeddedQdrant } from '@lockstep/embedded';
import { SILENT, type Dependency, type EmbedderIdentity, type Logger, type SqlClient } from '@lockstep/model';
import { GUARD_DEFAULTS } from '@lockstep/resilience';
import { createPgClient } from '@lockstep/sql-pg';
import { createNeonLedger, createNeonRowStore } from '@lockstep/store-neon';
import { createQdrantVectorStore } from '@lockstep/store-qdrant';
import {
  createPostgresNeon,
  createStubOpenAiHandler,
  forwardTo,
  scaledClock,
  startFaultyServices,
  type FaultCounts,
  type FaultRecord,
  type FaultRule,
  type FaultScript,
  type Handler,
} from '@lockstep/testing-faults';
import {
  createInstantGuard,
  createMemoryArtifacts,
  createMemoryEmbeddings,
  failureOf,
  stubVector,
  type MemoryArtifacts,
  type MemoryEmbeddings,
} from '@lockstep/testing-ports';
import {
  createDatabase,
  openPostgresSession,
  type PostgresSession,
  type TestDatabase,
} from '@lockstep/testing-postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLOUD_EMBED_CONCURRENCY } from '@lockstep/indexer/wiring/open-services';
import { storeProblems } from '../support/store-problems.ts';
import { falseWords, tellTruth, type Told } from '../support/tell-truth.ts';
import { fasterTimes, watchedGuard, type FailedRequest, type WatchedGuard } from './outage-guard.ts';
import { HINDRANCES, OUTAGE_MS, OUTAGES, REQUESTS_MAX, SPEED, SPEED_OF_HINDRANCES, STORM } from './outage-kinds.ts';
import { runThroughOutage, type OutageRunReceipts } from './outage-run.ts';

const DEPENDENCIES = ['openai', 'qdrant', 'neon'] as const satisfies readonly Dependency[];
const IDENTITY: EmbedderIdentity = { model: 'stub-model', host: null, dimensions: 8 };

const { timeoutMs, deadlineMs } = GUARD_DEFAULTS;

/** Concurrent requests to one store, as in the command line. */
const LOAD_CONCURRENCY = 2;

const folder = mkdtempSync(join(tmpdir(), 'lockstep-outages-'));
let handlers: Record<Dependency, Handler>;
let qdrant: EmbeddedQdrant;
let database: TestDatabase;
let postgres: PostgresSession;
/** Of the tests themselves, without faults. */
let sql: SqlClient;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  qdrant = await startEmbeddedQdrant({ directory: folder });
  closers.push(() => qdrant.close());
  database = await createDatabase();
  closers.push(() => database.drop());
  postgres = await openPostgresSession(database.connectionString);
  closers.push(() => postgres.end());
  const client = createPgClient({
    connectionString: database.connectionString,
    guard: createInstantGuard('neon').guard,
  });
  closers.push(() => client.close());
  sql = client;
  const neon = createPostgresNeon(database);
  closers.push(() => neon.close());
  const { dimensions } = IDENTITY;
  handlers = {
    openai: createStubOpenAiHandler({ dimensions }),
    qdrant: forwardTo(qdrant.url),
    neon: neon.handler,
  };
  // A first run is slow, and must not look like a failure in the tests.
  expectAllRight(await tryRun({ ...SMALL, speed: 1 }));
});

afterAll(async () => {
  for (const close of closers.toReversed()) await close();
  rmSync(folder, { recursive: true });
});

interface Trial {
  /** @default 'run' */
  readonly way?: 'run' | 'stages';
  /** Faults from the first request on. */
  readonly script?: FaultScript;
  /** Faults from the end of the first batch on. */
  readonly outage?: { readonly of: Dependency; readonly rules: readonly FaultRule[] };
  readonly chunks: number;
  readonly batchItems: { readonly embed: number; readonly load: number };
  /** How much faster the time of guards and script is. */
  readonly speed: number;
  /** Whether guards have their usual timeouts and deadlines. @default false: scaled ones */
  readonly hasRealTimeouts?: boolean;
  /** @default a new one */
  readonly corpus?: TrialCorpus;
}

interface TrialEnd extends OutageRunReceipts {
  /** Problems in the stores, and what is said of them that is false. */
  readonly problems: { readonly stores: readonly string[]; readonly words: readonly string[]; readonly told: Told };
  /** Number of distinct texts of the corpus. */
  readonly texts: number;
  readonly seen: Readonly<Record<Dependency, FaultCounts>>;
  /** Requests that the faulty service saw from then on. */
  readonly log: readonly FaultRecord[];
  /** Requests to it that failed from then on, as the run saw them: also those that did not reach it. */
  readonly failed: readonly FailedRequest[];
  /** Guarded calls to each service: each is one request if nothing failed. */
  readonly calls: Readonly<Record<Dependency, number>>;
}

let trials = 0;

/** A new corpus, with files and a cache that several runs may share. */
interface TrialCorpus {
  readonly names: { readonly corpus: string; readonly collection: string; readonly table: string };
  readonly records: readonly { readonly text: string }[];
  /** A workspace with its corpus.json alone. */
  readonly root: string;
  readonly artifacts: MemoryArtifacts;
  readonly embeddings: MemoryEmbeddings;
}

function newCorpus(chunks: number): TrialCorpus {
  trials += 1;
  const number = trials;
  const names = { corpus: `corpus-${number}`, collection: `collection-${number}`, table: `table_${number}` };
  const root = join(folder, 'workspaces', names.corpus);
  mkdirSync(root, { recursive: true });
  const { model, dimensions } = IDENTITY;
  const { corpus: name, collection, table } = names;
  const config = { name, collection, table, input: 'chunks.json', model, dimensions, payload: ['chapter_title'] };
  writeFileSync(join(root, 'corpus.json'), JSON.stringify(config));
  const stored = { artifacts: createMemoryArtifacts(), embeddings: createMemoryEmbeddings() };
  return { names, records: recordsOf(name, chunks), root, ...stored };
}

/** What is wrong in the stores, and in what `summary` and `status` say of them, each read without the faults. */
async function problemsOf({ names, records, root, artifacts }: TrialCorpus): Promise<TrialEnd['problems']> {
  const { corpus, collection, table } = names;
  const where = { ...names, records, identity: IDENTITY, qdrantUrl: qdrant.url, query: postgres.query };
  const found = await storeProblems({ ...where, vectorOf: (text) => stubVector(text, IDENTITY.dimensions) });
  const guard = createInstantGuard('qdrant').guard;
  const url = new URL(qdrant.url);
  const vectors = createQdrantVectorStore({ url, collection, shownHost: 'outage', guard, timeoutMs });
  const rows = createNeonRowStore({ sql, table, shownDatabase: 'outage' });
  const told = await tellTruth({
    root,
    stateDirectory: root,
    artifactsOf: () => artifacts,
    services: {
      ledger: async () => createNeonLedger(sql),
      vectors: async () => vectors,
      rows: async () => rows,
      targets: () => ({ qdrant: vectors.target, neon: rows.target }),
      tables: async () => [],
    },
  });
  const holds = (store: string): boolean => !found.some((problem) => problem.startsWith(store));
  const counts = { qdrant: await vectors.count(corpus), neon: await rows.count(corpus) };
  const isHeld = { qdrant: holds('qdrant'), neon: holds('neon') };
  return { stores: found, words: falseWords(told, [{ corpus, isKnown: true, holds: isHeld, counts }]), told };
}

/** Runs a corpus with the faults, and checks the result. */
async function tryRun({
  way = 'run',
  script = {},
  outage,
  chunks,
  batchItems,
  speed,
  hasRealTimeouts = false,
  corpus: tried = newCorpus(chunks),
}: Trial): Promise<TrialEnd> {
  const { names, records, artifacts, embeddings } = tried;
  const clock = scaledClock(speed);
  const services = await startFaultyServices({ handlers, script, clock });
  const times = { ...fasterTimes(speed), ...(hasRealTimeouts ? { timeoutMs, deadlineMs } : {}) };
  const guardOf = (dependency: Dependency, concurrency: number = GUARD_DEFAULTS.concurrency): WatchedGuard =>
    watchedGuard({ dependency, concurrency, ...times }, clock);
  const guards = {
    openai: guardOf('openai', CLOUD_EMBED_CONCURRENCY),
    qdrant: guardOf('qdrant'),
    neon: guardOf('neon'),
  };
  let begun: { log: number; at: number } | undefined;

  const logger: Logger = {
    ...SILENT,
    debug(event, fields) {
      const done = event === 'batch-embedded' ? 'openai' : event === 'batch-loaded' ? fields?.['store'] : undefined;
      if (outage === undefined || outage.of !== done || begun !== undefined) return;
      const { [outage.of]: server } = services;
      begun = { log: server.log.length, at: clock.now() };
      server.setRules(outage.rules);
    },
  };

  try {
    const receipts = await runThroughOutage({
      way,
      ...names,
      records,
      identity: IDENTITY,
      addresses: {
        openAi: `${services.openai.url}/v1`,
        qdrant: services.qdrant.url,
        neon: `${services.neon.url}/sql`,
      },
      guards,
      timeoutMs: times.timeoutMs,
      artifacts,
      embeddings,
      batchItems,
      concurrency: { embed: CLOUD_EMBED_CONCURRENCY, load: LOAD_CONCURRENCY },
      logger,
    });
    const watched = outage?.of ?? 'openai';
    const from = begun ?? { log: 0, at: 0 };
    return {
      ...receipts,
      problems: await problemsOf(tried),
      texts: new Set(records.map(({ text }) => text)).size,
      seen: { openai: services.openai.counts(), qdrant: services.qdrant.counts(), neon: services.neon.counts() },
      log: services[watched].log.slice(from.log),
      failed: guards[watched].failed().filter(({ failedAt }) => failedAt >= from.at),
      calls: { openai: guards.openai.calls(), qdrant: guards.qdrant.calls(), neon: guards.neon.calls() },
    };
  } finally {
    await services.close();
  }
}

/** Chunks of which the last two share a text. */
function recordsOf(corpus: string, count: number): { id: string; text: string; chapter_title: string }[] {
  return Array.from({ length: count }, (_, at) => ({
    id: `chunk-${at}`,
    text: `What ${corpus} says of ${Math.min(at, count - 2)}.`,
    chapter_title: `Chapter ${at % 7}`,
  }));
}

/**
 * Expects a correct result, and that each text was paid for once, except those whose answer was lost after the work. On
 * a busy machine an answer may also come after its scaled timeout; the receipt reports those too.
 */
function expectAllRight({ verified, problems, texts, seen, embedded }: TrialEnd): void {
  expect(verified).toMatchObject({ ok: true, differencesCount: 0 });
  expectInStep(problems);
  expect(seen.openai.worked - texts).toBeGreaterThanOrEqual(seen.openai.workedButFailed);
  expect(seen.openai.worked - texts).toBeLessThanOrEqual(embedded.possiblyPaid);
}

/** Expects that both stores hold the corpus, and that this is said. */
function expectInStep({ stores, words, told }: TrialEnd['problems']): void {
  expect({ stores, words }).toEqual({ stores: [], words: [] });
  expect([told.summary.ok, told.status.ok]).toEqual([true, true]);
}

/** Several batches for each worker, so that some run and others wait when the outage begins. */
const SMALL = { chunks: 60, batchItems: { embed: 3, load: 6 } };

describe.each(DEPENDENCIES)('%s', (dependency) => {
  it.concurrent.each(Object.entries(OUTAGES))(
    `a run waits for ${dependency} that %s for 30 s, with at most 15 requests`,
    async (kind, rules) => {
      const end = await tryRun({ ...SMALL, speed: SPEED, outage: { of: dependency, rules } });
      expectAllRight(end);
      const { log, failed } = end;
      const { calls } = { openai: end.embedded, qdrant: end.qdrant, neon: end.neon }[dependency];
      if (kind === 'answers 503') expect(calls[dependency]?.breakerOpened).toBeGreaterThanOrEqual(1);
      const arrived = log.filter(({ atMs }) => atMs - (log[0]?.atMs ?? 0) < OUTAGE_MS);
      const sent = failed.filter(({ sentAt }) => sentAt - (failed[0]?.sentAt ?? 0) < OUTAGE_MS);
      expect(log.filter(({ faults }) => faults.length > 0)).not.toEqual([]);
      expect(arrived.length).toBeLessThanOrEqual(REQUESTS_MAX);
      expect(sent.length).toBeLessThanOrEqual(REQUESTS_MAX);
    },
  );

  it.concurrent.each(Object.entries(HINDRANCES))(
    `a run repeats only the requests with a cut answer while ${dependency} %s`,
    async (_kind, rules) => {
      const end = await tryRun({
        ...SMALL,
        way: 'stages',
        speed: SPEED_OF_HINDRANCES,
        outage: { of: dependency, rules },
      });
      expectAllRight(end);
      const { requests, struck } = end.seen[dependency];
      const cut = end.log.filter((record) => record.end === 'cut');
      expect(struck).toBeGreaterThan(0);
      expect(requests).toBe(end.calls[dependency] + cut.length);
    },
  );
});

describe('a run that gives up', () => {
  const cases = DEPENDENCIES.flatMap((dependency) => (['run', 'stages'] as const).map((way) => ({ dependency, way })));
  it.concurrent.each(cases)(
    'on $dependency is told as failed by summary and status, with what the stores hold, and as in step after the next ($way)',
    async ({ dependency, way }) => {
      const corpus = newCorpus(SMALL.chunks);
      const outage = { of: dependency, rules: [{ fault: { status: 503 } }] } as const;
      const error = await failureOf(tryRun({ ...SMALL, way, corpus, speed: SPEED, outage }));
      expect(error.code).toBe('service-unavailable');
      const { words, told } = await problemsOf(corpus);
      expect(words).toEqual([]);
      for (const { corpora, exit, text } of [told.summary, told.status]) {
        expect(corpora).toMatchObject([{ state: 'failed', error: { code: 'service-unavailable' } }]);
        expect(exit).toBe(5);
        expect(text).toContain(`FAILED in ${error.stage ?? ''} (service-unavailable): ${error.message}`);
        expect(text).toContain('  next     npx indexer run .');
      }
      expectInStep((await tryRun({ ...SMALL, way, corpus, speed: SPEED })).problems);
    },
  );
});

/** A new seed each time, which the title shows; set it here to repeat the same faults. */
const SEED = Math.floor(Math.random() * 1_000_000);

describe(`a storm in which 20 % of all requests fail, seed ${SEED}`, () => {
  it('a run loses nothing, writes nothing twice and reports every text that was paid for in vain', async () => {
    const end = await tryRun({
      chunks: 5_000,
      batchItems: { embed: 25, load: 50 },
      speed: SPEED,
      hasRealTimeouts: true,
      script: { ...STORM, seed: SEED },
    });
    expect(end.verified).toMatchObject({ ok: true, differencesCount: 0 });
    expectInStep(end.problems);
    const seen = Object.values(end.seen);
    for (const { requests, struck } of seen) expect(struck / requests).toBeGreaterThan(0.1);
    // Also for all requests together: a single service gets so few that its share may be 15 % or less by chance.
    const sum = (of: 'requests' | 'struck'): number => seen.reduce((total, counts) => total + counts[of], 0);
    expect(sum('struck') / sum('requests')).toBeGreaterThan(0.15);
    const { worked, workedButFailed } = end.seen.openai;
    expect(workedButFailed).toBeGreaterThan(0);
    expect(worked).toBe(end.texts + workedButFailed);
    expect(end.embedded.possiblyPaid).toBe(workedButFailed);
  });
});
