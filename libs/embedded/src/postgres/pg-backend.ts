import pg from 'pg';
import type { PoolClient, QueryArrayConfig, QueryArrayResult } from 'pg';

import type { PgQuery, PgResult, PostgresBackend } from './postgres-backend.ts';
import { PostgresError, PostgresUnavailableError } from './postgres-error.ts';
import { runQueries } from './run-queries.ts';

export interface PgBackendOptions {
  /** A `postgresql://` URL of any Postgres server. It is not shown in any message. */
  readonly connectionString: string;
  /** Most connections at once, 1 or more; further requests wait for one. */
  readonly connectionsMax?: number;
}

/** Two loads with a request or two in flight each; small servers allow about 20 connections in all. */
const CONNECTIONS_MAX_DEFAULT = 4;
const CONNECT_TIMEOUT_MS = 15_000;
/** How long the end waits for connections that are in use or still being made, in milliseconds. */
const CLOSE_WAIT_MS = 250;
/** Idle connections do not keep the process alive (`allowExitOnIdle`), and a paused serverless database may sleep. */
const IDLE_TIMEOUT_MS = 10_000;

/** The extended protocol refuses several statements in one text, as Neon does; `pg` would else use the simple one. */
interface RawTextQuery extends QueryArrayConfig<(string | null)[]> {
  readonly queryMode: 'extended';
}

/** Leaves every value as the text that Postgres sent: the client on the other side of the handler parses it. */
const RAW_TEXT = { getTypeParser: () => (value: string) => value } as unknown as NonNullable<QueryArrayConfig['types']>;

/**
 * Connects to a plain Postgres server on first use, over a pool of `pg` connections.
 *
 * Each connection is reset (`DISCARD ALL`) before its next request, in the background. A request that is aborted
 * closes its connection; the server notices at the end of the statement that it runs, and rolls an open transaction
 * back then. The end waits a moment for connections in use, and not for a server that is silent.
 */
export function createPgBackend({
  connectionString,
  connectionsMax = CONNECTIONS_MAX_DEFAULT,
}: PgBackendOptions): PostgresBackend {
  if (!Number.isInteger(connectionsMax) || connectionsMax < 1) {
    throw new RangeError(`connectionsMax must be a whole number of 1 or more: ${connectionsMax}`);
  }
  checkConnectionString(connectionString);
  const pool = new pg.Pool({
    connectionString,
    max: connectionsMax,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    allowExitOnIdle: true,
    keepAlive: true,
    fallback_application_name: 'lockstep',
  });
  // A connection that dies while idle is dropped by the pool, one in use fails its query; without a listener either
  // would end the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));

  let closing: Promise<void> | undefined;
  const run: PostgresBackend['run'] = async (queries, options = {}) => {
    const { signal } = options;
    signal?.throwIfAborted();
    if (closing !== undefined) throw new PostgresUnavailableError('the Postgres connections are closed');

    const client = await pool.connect().catch((error: unknown) => {
      throw toBackendError(error);
    });
    // The caller has left meanwhile.
    if (signal?.aborted === true) client.release(true);
    signal?.throwIfAborted();
    let isReleased = false;
    const release = (destroy: boolean): void => {
      if (!isReleased) client.release(destroy);
      isReleased = true;
    };
    const destroyOnAbort = (): void => release(true);
    signal?.addEventListener('abort', destroyOnAbort);
    try {
      const results = await runQueries((query) => execute(client, query), queries, options);
      void resetAndRelease(client, release);
      return results;
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof PostgresUnavailableError) release(true);
      else void resetAndRelease(client, release);
      throw error;
    } finally {
      signal?.removeEventListener('abort', destroyOnAbort);
      if (signal?.aborted === true) release(true);
    }
  };

  return {
    run,
    async describe() {
      const [result] = await run([{ text: 'SHOW server_version', values: [] }]);
      return `PostgreSQL ${result?.rows[0]?.[0] ?? 'of unknown version'}`;
    },
    close: () => (closing ??= withinMs(CLOSE_WAIT_MS, pool.end())),
  };
}

async function execute(client: PoolClient, { text, values }: PgQuery): Promise<PgResult> {
  const query: RawTextQuery = {
    text,
    values: [...values],
    rowMode: 'array',
    types: RAW_TEXT,
    queryMode: 'extended',
  };
  let result: QueryArrayResult<(string | null)[]>;
  try {
    result = await client.query<(string | null)[]>(query);
  } catch (error) {
    throw toBackendError(error);
  }
  // Results that `pg` is done with stay in memory over many collections. Without its rows one is small.
  const { rows } = result;
  result.rows = [];
  return {
    fields: result.fields.map(({ name, tableID, columnID, dataTypeID, dataTypeSize, dataTypeModifier }) => ({
      name,
      tableID,
      columnID,
      dataTypeID,
      dataTypeSize,
      dataTypeModifier,
    })),
    rows,
    // Both are null for an empty statement, whatever the types say.
    command: (result.command as string | null) ?? '',
    rowCount: result.rowCount,
  };
}

/** Waits for work to end, but no longer than so many milliseconds; it goes on by itself then. */
async function withinMs(limitMs: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, limitMs)));
  await Promise.race([work, limit]);
  clearTimeout(timer);
}

/** `DISCARD ALL` fails inside an open transaction; the connection is closed then, which rolls the transaction back. */
async function resetAndRelease(client: PoolClient, release: (destroy: boolean) => void): Promise<void> {
  try {
    await client.query('DISCARD ALL');
    release(false);
  } catch {
    release(true);
  }
}

/** `pg` reads the string at the first connection only, and its errors then quote it with the password in it. */
function checkConnectionString(connectionString: string): void {
  try {
    // `pg` takes any other text for the name of a database.
    if (!/^postgres(?:ql)?:\/\//.test(connectionString)) throw new TypeError('another scheme');
    new pg.Client({ connectionString });
  } catch {
    throw new RangeError('the connection string is not a valid postgresql:// URL');
  }
}

function toBackendError(error: unknown): Error {
  if (error instanceof pg.DatabaseError) return new PostgresError(error.message, error);
  const reason = error instanceof Error ? error.message || String('code' in error && error.code) : String(error);
  // No `cause`: errors of the network layer and the pool can carry the connection's settings.
  return new PostgresUnavailableError(`the Postgres server cannot be reached or went away: ${reason}`);
}
