import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import {
  createNeonHandler,
  createPgBackend,
  openPglite,
  openSqliteLedger,
  type PostgresBackend,
} from '@lockstep/embedded';
import { createDatabase, createInstantGuard, ledgerSuite, rowStoreSuite } from '@lockstep/testing';
import { createNeonLedger } from './neon-ledger.ts';
import { createNeonRowStore } from './neon-row-store.ts';
import { createSqlClient, type SqlClient } from './sql-client.ts';

/** A Postgres of this file, and SQL clients for it. */
interface Database {
  readonly client: () => SqlClient;
  readonly close: () => Promise<void>;
}

function databaseOver(host: string, backend: PostgresBackend, clean: () => Promise<void>): Database {
  const handle = createNeonHandler(backend);
  return {
    client: () =>
      createSqlClient({
        connectionString: `postgresql://user:secret@${host}/db`,
        fetch: (input, init) => handle(new Request(input, init)),
        guard: createInstantGuard('neon').guard,
      }),
    close: async () => {
      await backend.close();
      await clean();
    },
  };
}

async function embedded(): Promise<Database> {
  const folder = await mkdtemp(join(tmpdir(), 'row-store-'));
  const backend = await openPglite({ directory: join(folder, 'postgres'), waitMs: 0 });
  return databaseOver('pglite.invalid', backend, () => rm(folder, { recursive: true }));
}

async function server(): Promise<Database> {
  const { connectionString, drop } = await createDatabase();
  return databaseOver('server.invalid', createPgBackend({ connectionString }), drop);
}

for (const [name, open] of [
  ['the embedded Postgres', embedded],
  ['a Postgres server', server],
] as const) {
  // Opened by the suite that comes first, and shared: a first start of the embedded one takes seconds.
  let opened: Promise<Database> | undefined;
  const database = (): Promise<Database> => (opened ??= open());
  afterAll(async () => (await opened)?.close(), 60_000);

  rowStoreSuite(`a row store in ${name}`, async () => {
    const { client } = await database();
    return {
      store: (table) => createNeonRowStore({ sql: client(), table, shownDatabase: 'host.invalid/db' }),
      query: (text) => client().query([text]),
      close: () => Promise.resolve(),
    };
  });

  ledgerSuite(`a ledger in ${name}`, async () => {
    const { client } = await database();
    await createNeonRowStore({ sql: client(), table: 'rag_metadata', shownDatabase: 'host.invalid/db' }).ensure();
    return { open: () => Promise.resolve(createNeonLedger(client())), close: () => Promise.resolve() };
  });
}

ledgerSuite('a ledger in a SQLite file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ledger-'));
  return {
    open: () => Promise.resolve(openSqliteLedger(join(folder, 'deeper', 'ledger.sqlite'))),
    close: () => rm(folder, { recursive: true }),
  };
});
