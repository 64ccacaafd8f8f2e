import { neon, neonConfig } from '@neondatabase/serverless';
import {
  IndexingError,
  sqlParser,
  sqlText,
  createVendorTextRedactor,
  type CallOptions,
  type SqlClient,
  type Statement,
} from '@lockstep/model';
import { retryAfterMs, statusFailure, type Guard } from '@lockstep/resilience';
import { toIndexingError } from './to-indexing-error.ts';

export interface NeonClientOptions {
  /** Checked before it comes here: the driver quotes a wrong one, password and all, in its error. */
  readonly connectionString: string;
  /** Where SQL over HTTP is answered, if not where Neon's own hosts do. */
  readonly fetchEndpoint?: string | undefined;
  readonly guard: Guard;
}

/** Statements to Neon, or to a proxy that speaks its protocol, over HTTP. */
export function createNeonClient({ connectionString, fetchEndpoint, guard }: NeonClientOptions): SqlClient {
  // The driver takes a fetch function for the whole process only, and an endpoint by host; this one serves all databases.
  neonConfig.fetchFunction = fetchAt;
  const redactor = createVendorTextRedactor([new URL(connectionString).password]);
  const sql = neon(connectionString, { disableWarningInBrowsers: true });
  const queryOf = (
    [text, parameters = []]: Statement,
    more: { readonly fetchOptions?: Record<string, unknown> } = {},
  ) => sql.query(text, parameters.map(sqlText), { types: { getTypeParser: sqlParser }, ...more });

  function guarded<Result>(send: (fetchOptions: FetchOptions) => Promise<Result>, call?: CallOptions): Promise<Result> {
    return guard.run(async (signal) => {
      try {
        return await send({ signal, endpoint: fetchEndpoint });
      } catch (error) {
        throw toIndexingError(error, redactor);
      }
    }, call);
  }

  return {
    query: (statement, call) =>
      guarded(async (fetchOptions) => await queryOf(statement, { fetchOptions: { ...fetchOptions } }), call),
    transaction: (statements, call) =>
      guarded(
        (fetchOptions) =>
          sql.transaction(
            statements.map((statement) => queryOf(statement)),
            { fetchOptions },
          ),
        call,
      ),
  };
}

/** What goes with each request through the driver. */
interface FetchOptions {
  readonly signal: AbortSignal;
  readonly endpoint: string | undefined;
}

async function fetchAt(
  neonUrl: string,
  { endpoint = neonUrl, ...init }: RequestInit & FetchOptions,
): Promise<Response> {
  // A redirect would carry the password along to whatever host is named: it stands in a header of its own.
  return checkedStatus(await fetch(endpoint, { ...init, redirect: 'manual' }));
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
