import { randomUUID } from 'node:crypto';
import type { SqlClient, Statement } from '@lockstep/model';
import type { Guard } from '@lockstep/resilience';
import { createNeonLedger, createNeonRowStore } from '@lockstep/store-neon';
import { migrate } from '@lockstep/store-neon/migrate';
import { LEDGER_MIGRATIONS } from '@lockstep/store-neon/migrations';
import {
  createInstantGuard,
  ledgerSuite,
  postgresTableSuite,
  rowStoreSuite,
  sqlClientSuite,
  type PostgresTablesUnderTest,
} from '@lockstep/testing-ports';

/** A Postgres, and SQL clients of it. */
export interface SuiteDatabase {
  readonly client: (guard: Guard) => SqlClient;
}

/**
 * Every suite of what is kept in Postgres: statements, rows, tables and the ledger. Registers vitest tests; needs web APIs
 * and `node:crypto` only.
 *
 * @param database gives the database, which all suites share
 */
export function postgresStoreSuites(name: string, database: () => Promise<SuiteDatabase>): void {
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

/** A client whose tables are in a new schema, which stands for an empty database and is faster to make. */
export async function inNewSchema(sql: SqlClient): Promise<SqlClient> {
  const schema = `schema_${randomUUID().replaceAll('-', '')}`;
  await sql.query([`create schema ${schema}`]);
  const within: Statement = ['select set_config($1, $2, true)', ['search_path', schema]];
  const transaction: SqlClient['transaction'] = async (statements, options) =>
    (await sql.transaction([within, ...statements], options)).slice(1);
  return { transaction, query: async (statement, options) => (await transaction([statement], options))[0] ?? [] };
}

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
