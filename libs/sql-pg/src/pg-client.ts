import pg, { type PoolClient, type QueryConfig } from 'pg';
import {
  ANSWER_BYTES_MAX,
  answerTooLarge,
  runStatements,
  sqlParser,
  sqlText,
  statementFacts,
  createVendorTextRedactor,
  type CallOptions,
  type SqlClient,
  type SqlRow,
  type Statement,
} from '@lockstep/model';
import { GUARD_DEFAULTS, shownServer, type Guard } from '@lockstep/resilience';
import { toIndexingError } from './to-indexing-error.ts';

export interface PgClientOptions {
  /** A `postgresql://` URL of any Postgres server. It is never part of a message. */
  readonly connectionString: string;
  readonly guard: Guard;
  /**
   * Most connections at once, 1 or more; further statements wait for one.
   *
   * @default `GUARD_DEFAULTS.concurrency`, the statements that a guard runs at once
   */
  readonly connectionsMax?: number;
}

export interface PgClient extends SqlClient {
  /** Waits up to 250 ms for connections in use, so that a silent server cannot block it. Repeating it does nothing. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 15_000;
/** How long `close` waits for connections that are in use or still being made, in milliseconds. */
const CLOSE_WAIT_MS = 250;
/** Short, so that a serverless database can pause. Idle connections keep no process alive (`allowExitOnIdle`). */
const IDLE_TIMEOUT_MS = 10_000;

/**
 * Statements to any Postgres server, over a pool of connections that are made when they are first needed.
 *
 * A call that is aborted closes its connection. The server notices at the end of the statement that it runs, and then
 * rolls back an open transaction.
 */
export function createPgClient(options: PgClientOptions): PgClient {
  const { connectionString, guard, connectionsMax = GUARD_DEFAULTS.concurrency } = options;
  if (!Number.isInteger(connectionsMax) || connectionsMax < 1) {
    throw new RangeError(`connectionsMax must be a whole number of 1 or more: ${connectionsMax}`);
  }
  checkConnectionString(connectionString);
  const redactor = createVendorTextRedactor([new URL(connectionString).password]);
  const server = shownServer(connectionString);
  const pool = new pg.Pool({
    connectionString,
    max: connectionsMax,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    allowExitOnIdle: true,
    keepAlive: true,
    fallback_application_name: 'lockstep',
  });
  // The pool drops a connection that breaks while idle, and one that breaks in use fails its query. Without these
  // listeners both would end the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));

  async function run(statements: readonly Statement[], transaction: boolean, signal: AbortSignal): Promise<SqlRow[][]> {
    const client = await pool.connect();
    let isReleased = false;
    const release = (destroy: boolean): void => {
      if (!isReleased) client.release(destroy);
      isReleased = true;
    };
    const closeConnection = (): void => release(true);
    signal.addEventListener('abort', closeConnection);
    try {
      const results = await runStatements((statement) => execute(client, statement), statements, {
        transaction,
        signal,
      });
      release(false);
      return results;
    } catch (error) {
      // A connection can be used again after Postgres refused a statement.
      release(!(error instanceof pg.DatabaseError));
      throw error;
    } finally {
      signal.removeEventListener('abort', closeConnection);
    }
  }

  const guarded = (
    statements: readonly Statement[],
    transaction: boolean,
    options_?: CallOptions,
  ): Promise<SqlRow[][]> =>
    guard.run(
      async (signal) => {
        try {
          return await run(statements, transaction, signal);
        } catch (error) {
          throw toIndexingError(error, { redactor, server });
        }
      },
      { ...options_, call: { kind: 'database', facts: statementFacts(statements) } },
    );

  let closing: Promise<void> | undefined;
  return {
    query: async (statement, call) => (await guarded([statement], false, call))[0] ?? [],
    transaction: (statements, call) => guarded(statements, true, call),
    close: () => (closing ??= withinMs(CLOSE_WAIT_MS, pool.end())),
  };
}

/** The extended protocol, which refuses several statements in one text as Neon does. The simple one is the default. */
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
  // `pg` keeps finished results in memory for long; without its rows a result is small.
  const { rows } = result;
  result.rows = [];
  return rows;
}

/** Parsers for the values of one answer. They throw once it is too large, and `pg` then drops the rows that follow. */
function createBoundedParsers() {
  let readCharacters = 0;
  return (typeId: number) => {
    const parse = sqlParser(typeId);
    return (text: string): unknown => {
      readCharacters += text.length;
      if (readCharacters > ANSWER_BYTES_MAX) throw answerTooLarge();
      return parse(text);
    };
  };
}

/** Waits for work to end, at most `limitMs` milliseconds; after that the work goes on unobserved. */
async function withinMs(limitMs: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, limitMs)));
  await Promise.race([work, limit]);
  clearTimeout(timer);
}

/** Checks early: `pg` reads the string at its first connection, and quotes it in its error with the password in it. */
function checkConnectionString(connectionString: string): void {
  try {
    // `pg` reads any other text as the name of a database.
    if (!/^postgres(?:ql)?:\/\//.test(connectionString)) throw new TypeError('another scheme');
    new pg.Client({ connectionString });
  } catch {
    throw new RangeError('the connection string is not a valid postgresql:// URL');
  }
}
