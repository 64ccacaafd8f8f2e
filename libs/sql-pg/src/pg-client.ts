import pg, { type PoolClient, type QueryConfig } from 'pg';
import {
  ANSWER_BYTES_MAX,
  answerTooLarge,
  runStatements,
  sqlParser,
  sqlText,
  createVendorTextRedactor,
  type CallOptions,
  type SqlClient,
  type SqlRow,
  type Statement,
} from '@lockstep/model';
import { GUARD_DEFAULTS, type Guard } from '@lockstep/resilience';
import { toIndexingError } from './to-indexing-error.ts';

export interface PgClientOptions {
  /** A `postgresql://` URL of any Postgres server. It is not shown in any message. */
  readonly connectionString: string;
  readonly guard: Guard;
  /**
   * Most connections at once, 1 or more; further statements wait for one.
   *
   * @default the statements that a guard lets run at once
   */
  readonly connectionsMax?: number;
}

export interface PgClient extends SqlClient {
  /** Waits a moment for connections in use, and not for a server that is silent. Repeating it does nothing. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 15_000;
/** How long the end waits for connections that are in use or still being made, in milliseconds. */
const CLOSE_WAIT_MS = 250;
/** Idle connections do not keep the process alive (`allowExitOnIdle`), and a paused serverless database may sleep. */
const IDLE_TIMEOUT_MS = 10_000;

/**
 * Statements to any Postgres server, over a pool of connections that are made when they are first needed.
 *
 * A call that is aborted closes its connection; the server notices at the end of the statement that it runs, and rolls an
 * open transaction back then.
 */
export function createPgClient(options: PgClientOptions): PgClient {
  const { connectionString, guard, connectionsMax = GUARD_DEFAULTS.concurrency } = options;
  if (!Number.isInteger(connectionsMax) || connectionsMax < 1) {
    throw new RangeError(`connectionsMax must be a whole number of 1 or more: ${connectionsMax}`);
  }
  checkConnectionString(connectionString);
  const redactor = createVendorTextRedactor([new URL(connectionString).password]);
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

  async function run(statements: readonly Statement[], transaction: boolean, signal: AbortSignal): Promise<SqlRow[][]> {
    const client = await pool.connect();
    let isReleased = false;
    const release = (destroy: boolean): void => {
      if (!isReleased) client.release(destroy);
      isReleased = true;
    };
    const leave = (): void => release(true);
    signal.addEventListener('abort', leave);
    try {
      const results = await runStatements((statement) => execute(client, statement), statements, {
        transaction,
        signal,
      });
      release(false);
      return results;
    } catch (error) {
      // Where Postgres itself refused a statement, the connection is as good as before.
      release(!(error instanceof pg.DatabaseError));
      throw error;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  const guarded = (statements: readonly Statement[], transaction: boolean, call?: CallOptions): Promise<SqlRow[][]> =>
    guard.run(async (signal) => {
      try {
        return await run(statements, transaction, signal);
      } catch (error) {
        throw toIndexingError(error, redactor);
      }
    }, call);

  let closing: Promise<void> | undefined;
  return {
    query: async (statement, call) => (await guarded([statement], false, call))[0] ?? [],
    transaction: (statements, call) => guarded(statements, true, call),
    close: () => (closing ??= withinMs(CLOSE_WAIT_MS, pool.end())),
  };
}

/** The extended protocol refuses several statements in one text, as Neon does; `pg` would else use the simple one. */
interface ExtendedQuery extends QueryConfig {
  readonly queryMode: 'extended';
  readonly types: { getTypeParser: (typeId: number) => (text: string) => unknown };
}

async function execute(client: PoolClient, [text, parameters = []]: Statement): Promise<SqlRow[]> {
  const query: ExtendedQuery = {
    text,
    values: parameters.map(sqlText),
    queryMode: 'extended',
    types: { getTypeParser: createBoundedParsers() },
  };
  const result = await client.query<SqlRow>(query);
  // Results that `pg` is done with stay in memory over many collections. Without its rows one is small.
  const { rows } = result;
  result.rows = [];
  return rows;
}

/** Parsers for one answer. Once it is too large the first one throws, and `pg` drops the rows that are still to come. */
function createBoundedParsers() {
  let read = 0;
  return (typeId: number) => {
    const parse = sqlParser(typeId);
    return (text: string): unknown => {
      read += text.length;
      if (read > ANSWER_BYTES_MAX) throw answerTooLarge();
      return parse(text);
    };
  };
}

/** Waits for work to end, but no longer than so many milliseconds; it goes on by itself then. */
async function withinMs(limitMs: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, limitMs)));
  await Promise.race([work, limit]);
  clearTimeout(timer);
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
