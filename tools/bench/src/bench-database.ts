import { randomBytes } from 'node:crypto';
import { openPostgresSession, startPostgresServer } from '@lockstep/testing-postgres';

/** A database of a real Postgres server, for one benchmark. */
export interface BenchDatabase {
  readonly connectionString: string;
  /** Server and version. */
  readonly server: string;
  /** Rows inserted, updated or deleted so far, by table, by connections that have ended; waits until all have. */
  writes(): Promise<ReadonlyMap<string, number>>;
  close(): Promise<void>;
}

/** A new, empty database on the server that tests use, see `startPostgresServer`. `close` removes it. */
export async function openBenchDatabase(): Promise<BenchDatabase> {
  const server = await startPostgresServer();
  const admin = await openPostgresSession(server.connectionString);
  const name = `lockstep_bench_${randomBytes(8).toString('hex')}`;
  await admin.query(`create database ${name} template template0 encoding 'UTF8' locale 'C'`);
  const url = new URL(server.connectionString);
  url.pathname = name;
  const session = await openPostgresSession(url.href);
  return {
    connectionString: url.href,
    server: `PostgreSQL ${server.version}`,
    async writes() {
      // A connection hands its counts over when it ends, before it leaves the list of connections.
      while ((await session.query(OTHER_CONNECTIONS)).length > 0) await new Promise(setImmediate);
      const rows = await session.query(WRITES);
      return new Map(rows.map(({ table, writes }) => [String(table), Number(writes)]));
    },
    async close() {
      await session.end();
      await admin.query(`drop database ${name} with (force)`);
      await admin.end();
      await server.stop();
    },
  };
}

const OTHER_CONNECTIONS = `select pid from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`;
const WRITES = 'select relname as table, n_tup_ins + n_tup_upd + n_tup_del as writes from pg_stat_user_tables';
