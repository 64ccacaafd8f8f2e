import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createPgliteClient, openPglite } from '@lockstep/embedded';
import { createPgClient } from '@lockstep/sql-pg';
import { createPostgresNeon, startFaultServer } from '@lockstep/testing-faults';
import { createInstantGuard } from '@lockstep/testing-ports';
import { copyOfOnceMade, createDatabase, openPostgresSession } from '@lockstep/testing-postgres';
import { inNewSchema, postgresStoreSuites, type SuiteDatabase } from '@lockstep/testing-postgres/suites';
import { migrate } from './migrate.ts';
import { LEDGER_MIGRATIONS } from './migrations/ledger.ts';
import { createNeonClient } from './neon-client.ts';
import { createNeonLedger } from './neon-ledger.ts';

/** A Postgres for the tests of this file, and SQL clients of it. */
interface Database extends SuiteDatabase {
  readonly close: () => Promise<void>;
}

async function embedded(): Promise<Database> {
  const folder = await mkdtemp(join(tmpdir(), 'row-store-'));
  const directory = join(folder, 'postgres');
  const make = async (made: string) => (await openPglite({ directory: made, waitMs: 0 })).close();
  await copyOfOnceMade({ name: 'empty-pglite', into: directory, make });
  const database = await openPglite({ directory, waitMs: 0 });
  return {
    client: (guard) => createPgliteClient({ database, guard }),
    async close() {
      await database.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** A new database in another time zone: times must be the same texts in every zone. */
async function createKathmanduDatabase() {
  const { connectionString, name, drop } = await createDatabase();
  const session = await openPostgresSession(connectionString);
  await session.query(`alter database ${name} set timezone = 'Asia/Kathmandu'`);
  await session.end();
  return { connectionString, drop };
}

async function server(): Promise<Database> {
  const { connectionString, drop } = await createKathmanduDatabase();
  const clients: { close(): Promise<void> }[] = [];
  return {
    client(guard) {
      const client = createPgClient({ connectionString, guard });
      clients.push(client);
      return client;
    },
    async close() {
      await Promise.all(clients.map((client) => client.close()));
      await drop();
    },
  };
}

async function neon(): Promise<Database> {
  const { connectionString, drop } = await createKathmanduDatabase();
  const { handler, close } = createPostgresNeon({ connectionString });
  const http = await startFaultServer({ handler });
  return {
    client: (guard) =>
      createNeonClient({
        connectionString: 'postgresql://user:secret@ep-one.test/db',
        fetchEndpoint: `${http.url}/sql`,
        guard,
      }),
    async close() {
      await http.close();
      await close();
      await drop();
    },
  };
}

for (const [name, open] of [
  ['the embedded Postgres', embedded],
  ['a Postgres server', server],
  ['Neon', neon],
] as const) {
  // Opened by the first suite and shared, since a first start of the embedded Postgres takes seconds.
  let opened: Promise<Database> | undefined;
  const database = (): Promise<Database> => (opened ??= open());
  afterAll(async () => (await opened)?.close(), 60_000);
  postgresStoreSuites(name, database);
}

it('the runs of a version that remembered no input are read before its tables are migrated, and after', async () => {
  const { client, close } = await server();
  const sql = await inNewSchema(client(createInstantGuard('neon').guard));
  await migrate(sql, 'ledger', LEDGER_MIGRATIONS.slice(0, 3));
  await sql.query([
    `insert into lockstep_run (corpus, fence, run_id, kind, digest, started_at, overlong)
     values ('books', 1, 'one', 'load', 'd', now(), 'reject')`,
  ]);
  const ledger = createNeonLedger(sql);
  for (const isMigrated of [false, true]) {
    if (isMigrated) await ledger.ensure();
    const [run] = await ledger.runs({ corpus: 'books', limit: 9 });
    expect(run).toMatchObject({ runId: 'one', overlong: 'reject' });
    expect(run).not.toHaveProperty('input');
    expect(run).not.toHaveProperty('shape');
  }
  await close();
});

it('a run that began with a version that recorded no stages is ended, with what its stages did', async () => {
  const { client, close } = await server();
  const sql = await inNewSchema(client(createInstantGuard('neon').guard));
  await migrate(sql, 'ledger', LEDGER_MIGRATIONS.slice(0, 4));
  await sql.query([
    `insert into lockstep_run (corpus, fence, run_id, kind, digest, started_at) values ('books', 1, 'one', 'load', 'd', now())`,
  ]);
  const ledger = createNeonLedger(sql);
  const work = { stages: [], calls: {}, dollars: 0.5 };
  const counts = { input: 1, qdrant: 1, neon: 1, pointsWritten: 1, pointsDeleted: 0, rowsWritten: 1, rowsDeleted: 0 };
  const paid = { tokensPaid: 1, tokensSaved: 0, embeddedAt: null };
  const finishedAt = '2026-01-02T03:04:05.006Z';
  await ledger.endRun('books', 1, { finishedAt, outcome: 'done', error: null, counts, ...paid, work });
  expect(await ledger.runs({ corpus: 'books', limit: 9 })).toMatchObject([{ runId: 'one', end: { finishedAt, work } }]);
  await close();
});

it('the first migration of the ledger is unchanged since its release', () => {
  expect(createHash('sha256').update(JSON.stringify(LEDGER_MIGRATIONS[0])).digest('hex')).toBe(
    '04482dc8ebafe634a8d591f9680452ded9129ca7e46ea84924f43dd18f9450d4',
  );
});
