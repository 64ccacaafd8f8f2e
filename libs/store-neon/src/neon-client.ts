import { neon, neonConfig } from '@neondatabase/serverless';
import {
  IndexingError,
  postgresUnavailable,
  sqlParser,
  sqlText,
  statementFacts,
  createVendorTextRedactor,
  type CallOptions,
  type SqlClient,
  type Statement,
} from '@lockstep/model';
import {
  connectionProblem,
  isPage,
  pageInsteadOfJson,
  pageNote,
  retryAfterMs,
  shownServer,
  statusFailure,
  type Guard,
} from '@lockstep/resilience';
import { toIndexingError } from './to-indexing-error.ts';

export interface NeonClientOptions {
  /** Must be valid: the driver quotes an invalid one in its error, with the password in it. */
  readonly connectionString: string;
  /**
   * URL that answers SQL over HTTP.
   *
   * @default the endpoint of Neon for the host of the connection string
   */
  readonly fetchEndpoint?: string | undefined;
  readonly guard: Guard;
}

/** Statements to Neon, or to a proxy that speaks its protocol, over HTTP. */
export function createNeonClient({ connectionString, fetchEndpoint, guard }: NeonClientOptions): SqlClient {
  // The driver has one fetch function for the whole process; this one reads the endpoint of each request from its
  // options.
  neonConfig.fetchFunction = fetchAt;
  const redactor = createVendorTextRedactor([new URL(connectionString).password]);
  const sql = neon(connectionString, { disableWarningInBrowsers: true });
  const queryOf = (
    [text, parameters = []]: Statement,
    more: { readonly fetchOptions?: Record<string, unknown> } = {},
  ) => sql.query(text, parameters.map(sqlText), { types: { getTypeParser: sqlParser }, ...more });

  function guarded<Result>(
    statements: readonly Statement[],
    send: (fetchOptions: FetchOptions) => Promise<Result>,
    options?: CallOptions,
  ): Promise<Result> {
    return guard.run(
      async (signal) => {
        try {
          return await send({ signal, endpoint: fetchEndpoint });
        } catch (error) {
          throw toIndexingError(error, redactor);
        }
      },
      { ...options, call: { kind: 'database', facts: statementFacts(statements) } },
    );
  }

  return {
    query: (statement, call) =>
      guarded(
        [statement],
        async (fetchOptions) => await queryOf(statement, { fetchOptions: { ...fetchOptions } }),
        call,
      ),
    transaction: (statements, call) =>
      guarded(
        statements,
        (fetchOptions) =>
          sql.transaction(
            statements.map((statement) => queryOf(statement)),
            { fetchOptions },
          ),
        call,
      ),
  };
}

/** Options that the driver passes on to `fetchAt` with each request. */
interface FetchOptions {
  readonly signal: AbortSignal;
  readonly endpoint: string | undefined;
}

async function fetchAt(
  neonUrl: string,
  { endpoint = neonUrl, ...init }: RequestInit & FetchOptions,
): Promise<Response> {
  const server = shownServer(endpoint);
  // A redirect would send the password, which is in a header, to whatever host it names.
  const response = await fetch(endpoint, { ...init, redirect: 'manual' }).catch((error: unknown) => {
    const problem = connectionProblem(error);
    if (problem === undefined) throw error;
    const what = problem.isUnsent
      ? `Postgres cannot be reached at ${server}`
      : `Postgres at ${server} broke the connection`;
    throw postgresUnavailable(`${what}: ${problem.words}.`, error, problem.isFinal ? 'abort' : 'retry');
  });
  return checkedStatus(response, server);
}

/** The driver handles 200 and 400. Of all other answers it drops status and headers, so they become errors here. */
async function checkedStatus(response: Response, server: string): Promise<Response> {
  const { status, headers } = response;
  if (status === 200 || status === 400) {
    if (!isPage(headers)) return response;
    await response.body?.cancel();
    throw pageInsteadOfJson('Postgres', server);
  }
  await response.body?.cancel();
  const wait = retryAfterMs(headers, Date.now());
  // Neon answers 402 when the compute time or the traffic of a plan is used up until the next month.
  const isQuotaUsed = status === 402;
  const failure = isQuotaUsed ? ({ code: 'quota-exhausted', disposition: 'abort' } as const) : statusFailure(status);
  throw new IndexingError({
    ...failure,
    message: `Postgres over HTTP, at ${server}, answered ${status}${pageNote(headers)}${isQuotaUsed ? ': a quota of its plan is used up' : ''}.`,
    details: { status },
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  });
}
