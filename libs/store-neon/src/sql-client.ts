import { neon, neonConfig, type NeonQueryFunction } from '@neondatabase/serverless';
import { IndexingError, vendorWords, type CallOptions } from '@lockstep/model';
import { retryAfterMs, statusFailure, type Guard } from '@lockstep/resilience';
import { toIndexingError } from './to-indexing-error.ts';

export interface SqlClientOptions {
  /** Checked before it comes here: the driver quotes a wrong one, password and all, in its error. */
  readonly connectionString: string;
  /** Where SQL over HTTP is answered, if not where Neon's own hosts do. */
  readonly fetchEndpoint?: string;
  /** Answers the requests in place of the network. */
  readonly fetch?: typeof fetch;
  readonly guard: Guard;
}

/** A statement and its parameters. */
export type Statement = readonly [text: string, parameters?: readonly unknown[]];

export type SqlRow = Readonly<Record<string, unknown>>;

/** Guarded statements over Neon's HTTP protocol. */
export interface SqlClient {
  query(statement: Statement, options?: CallOptions): Promise<SqlRow[]>;
  /** All statements in one transaction; gives the rows of each. */
  transaction(statements: readonly Statement[], options?: CallOptions): Promise<SqlRow[][]>;
}

export function createSqlClient(options: SqlClientOptions): SqlClient {
  const { connectionString, guard } = options;
  // Unlike that of an http URL, this host keeps its upper case.
  const url = new URL(connectionString);
  route(url.hostname.toLowerCase(), options);
  const words = vendorWords([url.password]);
  const sql: NeonQueryFunction<false, false> = neon(connectionString, { disableWarningInBrowsers: true });

  function guarded<Result>(attempt: (signal: AbortSignal) => Promise<Result>, call?: CallOptions): Promise<Result> {
    return guard.run(async (signal) => {
      try {
        return await attempt(signal);
      } catch (error) {
        throw toIndexingError(error, words);
      }
    }, call);
  }

  return {
    query: ([text, parameters = []], call) =>
      guarded(async (signal) => await sql.query(text, [...parameters], { fetchOptions: { signal } }), call),
    transaction: (statements, call) =>
      guarded(
        async (signal) =>
          await sql.transaction(
            statements.map(([text, parameters = []]) => sql.query(text, [...parameters])),
            { fetchOptions: { signal } },
          ),
        call,
      ),
  };
}

interface Route {
  readonly fetchEndpoint?: string;
  readonly fetch?: typeof fetch;
}

/*
 * The driver takes an endpoint and a fetch function for the whole process only, so that the databases of one process
 * are told apart by the host in their connection string.
 */
const routes = new Map<string, Route>();
let neonEndpoint: typeof neonConfig.fetchEndpoint | undefined;

function route(host: string, { fetchEndpoint, fetch }: Route): void {
  routes.set(host, {
    ...(fetchEndpoint === undefined ? {} : { fetchEndpoint }),
    ...(fetch === undefined ? {} : { fetch }),
  });
  if (neonEndpoint !== undefined) return;
  const before = neonConfig.fetchEndpoint;
  neonEndpoint = before;
  neonConfig.fetchEndpoint = (name, port, endpointOptions) => {
    const own = routes.get(name.toLowerCase());
    if (own?.fetchEndpoint !== undefined) return own.fetchEndpoint;
    if (own?.fetch !== undefined) return `http://${name}/sql`;
    return typeof before === 'string' ? before : before(name, port, endpointOptions);
  };
  neonConfig.fetchFunction = async (url: string, init: RequestInit): Promise<Response> => {
    const own = routes.get(new URL(url).hostname)?.fetch;
    // A redirect would carry the password along to whatever host is named: it stands in a header of its own.
    return checkedStatus(await (own ?? globalThis.fetch)(url, { ...init, redirect: 'manual' }));
  };
}

/** The driver understands 200 and 400; of all others it keeps neither status nor headers, so they are read here. */
async function checkedStatus(response: Response): Promise<Response> {
  if (response.status === 200 || response.status === 400) return response;
  await response.body?.cancel();
  const wait = retryAfterMs(response.headers, Date.now());
  // So Neon says that the compute time or the traffic of a plan is used up, until the next month begins.
  const spent = response.status === 402;
  const failure = spent ? ({ code: 'quota-exhausted', disposition: 'abort' } as const) : statusFailure(response.status);
  throw new IndexingError({
    ...failure,
    message: `Postgres answered with HTTP status ${response.status}${spent ? ': a quota of its plan is used up' : ''}.`,
    details: { status: response.status },
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  });
}
