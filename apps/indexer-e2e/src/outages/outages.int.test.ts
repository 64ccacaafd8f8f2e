import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedQdrant, type EmbeddedQdrant } from '@lockstep/embedded';
import { SILENT, type Dependency, type EmbedderIdentity, type Logger } from '@lockstep/model';
import { GUARD_DEFAULTS } from '@lockstep/resilience';
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
import { createMemoryArtifacts, createMemoryEmbeddings, stubVector } from '@lockstep/testing-ports';
import {
  createDatabase,
  openPostgresSession,
  type PostgresSession,
  type TestDatabase,
} from '@lockstep/testing-postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLOUD_EMBED_CONCURRENCY } from '@lockstep/indexer/wiring/open-services';
import { storeProblems } from '../support/store-problems.ts';
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
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  qdrant = await startEmbeddedQdrant({ directory: folder });
  closers.push(() => qdrant.close());
  database = await createDatabase();
  closers.push(() => database.drop());
  postgres = await openPostgresSession(database.connectionString);
  closers.push(() => postgres.end());
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
}

interface TrialEnd extends OutageRunReceipts {
  /** Problems in the stores. */
  readonly problems: readonly string[];
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

/** Runs a new corpus with the faults, and checks the result. */
async function tryRun({
  way = 'run',
  script = {},
  outage,
  chunks,
  batchItems,
  speed,
  hasRealTimeouts = false,
}: Trial): Promise<TrialEnd> {
  trials += 1;
  const number = trials;
  const names = { corpus: `corpus-${number}`, collection: `collection-${number}`, table: `table_${number}` };
  const records = recordsOf(names.corpus, chunks);
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
      artifacts: createMemoryArtifacts(),
      embeddings: createMemoryEmbeddings(),
      batchItems,
      concurrency: { embed: CLOUD_EMBED_CONCURRENCY, load: LOAD_CONCURRENCY },
      logger,
    });
    const watched = outage?.of ?? 'openai';
    const from = begun ?? { log: 0, at: 0 };
    return {
      ...receipts,
      problems: await storeProblems({
        ...names,
        records,
        identity: IDENTITY,
        qdrantUrl: qdrant.url,
        query: postgres.query,
        vectorOf: (text) => stubVector(text, IDENTITY.dimensions),
      }),
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
  expect(problems).toEqual([]);
  expect(seen.openai.worked - texts).toBeGreaterThanOrEqual(seen.openai.workedButFailed);
  expect(seen.openai.worked - texts).toBeLessThanOrEqual(embedded.possiblyPaid);
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
    expect(end.problems).toEqual([]);
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
