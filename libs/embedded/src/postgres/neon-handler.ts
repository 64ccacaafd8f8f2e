import { NeonRequestError, parseNeonRequest } from './neon-request.ts';
import type { NeonQuery } from './neon-request.ts';
import type { PgResult, PostgresBackend } from './postgres-backend.ts';
import { POSTGRES_ERROR_FIELDS, PostgresError, PostgresUnavailableError } from './postgres-error.ts';
import { readBodyText, RequestBodyError } from './read-body.ts';

export interface NeonHandlerOptions {
  /** Largest request body, in bytes: answered with 413 beyond. */
  readonly requestBytesMax?: number;
  /** Largest answer, in bytes: 507 beyond, and a transaction is rolled back. */
  readonly responseBytesMax?: number;
}

/** The defaults of Neon's open proxy (10 MiB each way, read 2026-11-21), so that what runs here runs there. */
const BYTES_MAX_DEFAULT = 10 * 1024 * 1024;

/**
 * Serves Neon's SQL-over-HTTP protocol, `POST /sql`, from `backend`: hand the result to the official driver as
 * `neonConfig.fetchFunction = (url, init) => handler(new Request(url, init))`, or to any web-standard HTTP server.
 *
 * - *Answers*: 200 with results; 400 with what Postgres said (all its error fields) or why the request is refused;
 *   404, 405, 413 and 507 as their names say; 503 when the server cannot be reached; 500 for what should not happen.
 * - *Aborting*: once the request's signal is aborted the promise rejects with its reason, as `fetch` would.
 *
 * There is no authentication: whoever can call the handler is the database's owner.
 */
export function createNeonHandler(
  backend: PostgresBackend,
  options: NeonHandlerOptions = {},
): (request: Request) => Promise<Response> {
  const { requestBytesMax = BYTES_MAX_DEFAULT, responseBytesMax = BYTES_MAX_DEFAULT } = options;

  const answer = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    if (pathname !== '/sql') throw new NeonRequestError(`nothing is served at ${pathname}, only /sql`, { status: 404 });
    if (request.method !== 'POST') throw new NeonRequestError('only POST is served', { status: 405 });

    const body = await readBodyText(request, requestBytesMax);
    const { queries, transaction } = parseNeonRequest(request.headers, body);
    const results = createResultWriter(queries, responseBytesMax);
    await backend.run(queries, { transaction, signal: request.signal, onResult: results.add });
    const written = results.all();
    return jsonResponse(200, transaction === undefined ? (written[0] ?? '') : `{"results":[${written.join(',')}]}`);
  };

  return async (request) => {
    const { signal } = request;
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(signal.reason);
    signal.addEventListener('abort', onAbort);
    try {
      // A request that still queues for the database must not have to wait for its turn to be given up.
      return await Promise.race([answer(request).catch(toErrorResponse), aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  };
}

/** Writes results as JSON while the transaction is still open, so that an answer that is too large undoes it. */
function createResultWriter(queries: readonly NeonQuery[], bytesMax: number) {
  const written: string[] = [];
  let bytes = 0;
  return {
    add(result: PgResult): void {
      const json = writeResult(result, queries[written.length]?.arrayMode ?? true);
      bytes += Buffer.byteLength(json);
      if (bytes > bytesMax) {
        throw new NeonRequestError(`response is too large (max is ${bytesMax} bytes)`, { status: 507 });
      }
      written.push(json);
    },
    all: (): readonly string[] => written,
  };
}

function writeResult({ fields, rows, command, rowCount }: PgResult, arrayMode: boolean): string {
  return JSON.stringify({
    rowAsArray: arrayMode,
    fields: fields.map((field) => ({ ...field, format: 'text' })),
    rows: arrayMode
      ? rows
      : rows.map((row) => Object.fromEntries(fields.map(({ name }, index) => [name, row[index] ?? null]))),
    command,
    rowCount,
  });
}

function toErrorResponse(error: unknown): Response {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof PostgresError) return errorResponse(400, message, error.fields);
  if (error instanceof NeonRequestError) return errorResponse(error.status, message, { code: error.code });
  if (error instanceof RequestBodyError) return errorResponse(error.status, message);
  if (error instanceof PostgresUnavailableError) return errorResponse(503, message);
  return errorResponse(500, message);
}

function errorResponse(
  status: number,
  message: string,
  fields: Readonly<Record<string, string | null>> = {},
): Response {
  const known = Object.fromEntries(POSTGRES_ERROR_FIELDS.map((field) => [field, fields[field] ?? null]));
  return jsonResponse(status, JSON.stringify({ message, ...known }));
}

function jsonResponse(status: number, json: string): Response {
  return new Response(json, { status, headers: { 'Content-Type': 'application/json' } });
}
