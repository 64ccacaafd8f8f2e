import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createPgliteClient, openPglite } from '@lockstep/embedded';
import type { SqlClient, Statement } from '@lockstep/model';
import type { Guard } from '@lockstep/resilience';
import { createPgClient } from '@lockstep/sql-pg';
import {
  createInstantGuard,
  ledgerSuite,
  postgresTableSuite,
  rowStoreSuite,
  sqlClientSuite,
  type PostgresTablesUnderTest,
} from '@lockstep/testing-ports';
import { createPostgresNeon, startFaultServer } from '@lockstep/testing-faults';
import { copyOfOnceMade, createDatabase, openPostgresSession } from '@lockstep/testing-postgres';
import { migrate } from './migrate.ts';
import { LEDGER_MIGRATIONS } from './migrations/ledger.ts';
import { createNeonClient } from './neon-client.ts';
import { createNeonLedger } from './neon-ledger.ts';
import { createNeonRowStore } from './neon-row-store.ts';

/** A Postgres for the tests of this file, and SQL clients of it. */
interface Database {
  readonly client: (guard: Guard) => SqlClient;
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

/** A client whose tables are in a new schema, which stands for an empty database and is faster to make. */
async function inNewSchema(sql: SqlClient): Promise<SqlClient> {
  const schema = `schema_${randomUUID().replaceAll('-', '')}`;
  await sql.query([`create schema ${schema}`]);
  const within: Statement = ['select set_config($1, $2, true)', ['search_path', schema]];
  const transaction: SqlClient['transaction'] = async (statements, options) =>
    (await sql.transaction([within, ...statements], options)).slice(1);
  return { transaction, query: async (statement, options) => (await transaction([statement], options))[0] ?? [] };
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
  const clientOf = async (): Promise<() => SqlClient> => {
    const { client } = await database();
    return () => client(createInstantGuard('neon').guard);
  };

  sqlClientSuite(`statements to ${name}`, async () => ({
    client: (await database()).client,
    close: () => Promise.resolve(),
  }));

  const tables = async (): Promise<PostgresTablesUnderTest> => {
    const client = await clientOf();
    return {
      store: (table) => createNeonRowStore({ sql: client(), table, shownDatabase: 'host.invalid/db' }),
      query: (text) => client().query([text]),
      close: () => Promise.resolve(),
    };
  };

  rowStoreSuite(`a row store in ${name}`, async () => {
    const { query, ...under } = await tables();
    return {
      ...under,
      serviceName: 'Postgres',
      hasTable: async (table) => (await query(`select to_regclass('${table}') as found`))[0]?.['found'] !== null,
      dropTable: async (table) => void (await query(`drop table ${table}`)),
    };
  });

  postgresTableSuite(`a table in ${name}`, tables);

  ledgerSuite(`a ledger in ${name}`, async () => {
    const client = await clientOf();
    await createNeonRowStore({ sql: client(), table: 'rag_metadata', shownDatabase: 'host.invalid/db' }).ensure();
    return {
      open: () => Promise.resolve(createNeonLedger(client())),
      openEmpty: async () => createNeonLedger(await inNewSchema(client())),
      openOld: async () => {
        const sql = await inNewSchema(client());
        return { ledger: createNeonLedger(sql), takeAsBefore: (corpus, runId) => takeAsBefore(sql, corpus, runId) };
      },
      close: () => Promise.resolve(),
    };
  });
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

/** Takes a fence with the tables and the statement of the first version. */
async function takeAsBefore(sql: SqlClient, corpus: string, runId: string): Promise<number> {
  await migrate(sql, 'ledger', LEDGER_MIGRATIONS.slice(0, 1));
  const [row] = await sql.query([
    `insert into lockstep_fence as held (corpus, fence, run_id, digest) values ($1, $2, $3, $4)
     on conflict (corpus) do update set fence = greatest(held.fence + 1, excluded.fence),
       run_id = excluded.run_id, digest = excluded.digest, taken_at = now()
     returning fence::int`,
    [corpus, 1, runId, 'd'],
  ]);
  return Number(row?.['fence']);
}

it('the first migration of the ledger is unchanged since its release', () => {
  expect(createHash('sha256').update(JSON.stringify(LEDGER_MIGRATIONS[0])).digest('hex')).toBe(
    '04482dc8ebafe634a8d591f9680452ded9129ca7e46ea84924f43dd18f9450d4',
  );
});
