import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { createPgClient, type PgClient } from '@lockstep/sql-pg';
import { createInstantGuard, failureOf } from '@lockstep/testing-ports';
import {
  createDatabase,
  openPostgresSession,
  type PostgresSession,
  type TestDatabase,
} from '@lockstep/testing-postgres';
import { pointIdOf, type Ledger, type IndexedChunk, type RowStore } from '@lockstep/model';
import { createNeonLedger } from './neon-ledger.ts';
import { createNeonRowStore } from './neon-row-store.ts';

const CORPUS = 'books';
const STAMP = { digest: 'd', nonce: 'n', count: 1 };

let database: TestDatabase;
let sql: PgClient;
let store: RowStore;
let ledger: Ledger;
/** A connection that keeps a transaction open, and one that looks at the locks meanwhile. */
let blocker: PostgresSession;
let observer: PostgresSession;

const row: IndexedChunk = {
  chunkId: 'a',
  documentId: null,
  chapterTitle: null,
  pageNumber: null,
  text: 'text',
  createdAt: null,
  metadata: {},
  pointId: pointIdOf(CORPUS, 'a'),
  contentHash: 'hash',
  embeddingKey: 'key',
};

beforeAll(async () => {
  database = await createDatabase();
  sql = createPgClient({ connectionString: database.connectionString, guard: createInstantGuard('neon').guard });
  store = createNeonRowStore({ sql, table: 'rag_metadata', shownDatabase: 'takeover' });
  ledger = createNeonLedger(sql);
  await store.ensure();
  blocker = await openPostgresSession(database.connectionString);
  observer = await openPostgresSession(database.connectionString);
}, 60_000);

afterAll(async () => {
  await blocker.end();
  await observer.end();
  await sql.close();
  await database.drop();
}, 60_000);

beforeEach(async () => {
  await observer.query('truncate lockstep_fence, lockstep_stamp, lockstep_run, rag_metadata');
  expect(await take('one')).toBe(1);
});

const take = (runId: string, startedAt = '2026-01-02T03:04:05.006Z') =>
  ledger.takeFence(CORPUS, {
    runId,
    kind: 'load',
    digest: 'd',
    model: null,
    qdrantTarget: null,
    neonTarget: null,
    startedAt,
    atLeast: 1,
  });

/** Resolves when a statement waits for a lock of the blocker. */
const someoneWaits = () =>
  vi.waitFor(
    async () => {
      const waiting = await observer.query(
        `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      expect(waiting).toHaveLength(1);
    },
    { timeout: 20_000, interval: 5 },
  );

it('a takeover waits for a transaction that is about to commit', async () => {
  await blocker.query('begin');
  await blocker.query('select lockstep_assert_fence($1, $2)', [CORPUS, 1]);
  const takeover = take('two');
  await someoneWaits();
  expect(await store.fence(CORPUS)).toBe(1);
  await blocker.query('commit');
  expect(await takeover).toBe(2);
});

it('raising a fence waits for a transaction that is about to commit', async () => {
  await blocker.query('begin');
  await blocker.query('select lockstep_assert_fence($1, $2)', [CORPUS, 1]);
  const raised = store.raiseFence(CORPUS, 5);
  await someoneWaits();
  await blocker.query('commit');
  await raised;
  expect(await store.fence(CORPUS)).toBe(5);
});

it('two writers under one fence do not wait for each other', async () => {
  await blocker.query('begin');
  await blocker.query('select lockstep_assert_fence($1, $2)', [CORPUS, 1]);
  await store.upsert({ corpus: CORPUS, fence: 1, items: [row] });
  await blocker.query('rollback');
  expect(await store.count(CORPUS)).toBe(1);
});

it('a write that waited for a takeover to commit is refused as overtaken', async () => {
  await store.upsert({ corpus: CORPUS, fence: 1, items: [row] });
  for (const [fence, write] of [
    [2, () => store.upsert({ corpus: CORPUS, fence: 1, items: [{ ...row, text: 'late' }] })],
    [3, () => store.delete({ corpus: CORPUS, fence: 2, items: [row.pointId] })],
  ] as const) {
    await blocker.query('begin');
    await blocker.query('update lockstep_fence set fence = $1', [fence]);
    const failure = failureOf(write());
    await someoneWaits();
    await blocker.query('commit');
    expect(await failure).toMatchObject({ code: 'overtaken' });
  }
  expect(await store.rows([row.pointId])).toMatchObject([{ text: 'text' }]);
});

it('a stamp that waited for a takeover to commit is not written', async () => {
  await blocker.query('begin');
  await blocker.query('update lockstep_fence set fence = 2');
  const written = ledger.writeStamp(CORPUS, 'neon', { stamp: STAMP, fence: 1 });
  await someoneWaits();
  await blocker.query('commit');
  expect(await written).toBe(false);
  expect(await ledger.stamp(CORPUS, 'neon')).toBeUndefined();
});

it('a write that waited for a takeover succeeds when the takeover is rolled back', async () => {
  await blocker.query('begin');
  await blocker.query('update lockstep_fence set fence = 2');
  const write = store.upsert({ corpus: CORPUS, fence: 1, items: [row] });
  await someoneWaits();
  await blocker.query('rollback');
  await write;
  expect(await store.count(CORPUS)).toBe(1);
});

it('a run that cannot be entered in the run table takes no fence', async () => {
  expect(await failureOf(take('two', 'no time'))).toMatchObject({ code: 'request-refused' });
  expect(await ledger.fenceHolder(CORPUS)).toMatchObject({ fence: 1, runId: 'one' });
});

it('the next fence is above that of every run in the table, even after the fence was deleted by hand', async () => {
  await take('two');
  await observer.query('delete from lockstep_fence');
  expect(await take('three')).toBe(3);
  expect((await ledger.runs({ limit: 9 })).map(({ runId }) => runId)).toEqual(['three', 'two', 'one']);
});
