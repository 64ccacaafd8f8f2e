import type { Statement } from '@lockstep/model';
import type { Handler } from './fault-server.ts';

/** Runs statements on the Postgres of the handler. An error of Postgres has the fields that Postgres sent. */
export type RunBehindNeon = (
  statements: readonly Statement[],
  options: { readonly transaction: boolean },
) => Promise<
  readonly {
    readonly columns: readonly { readonly name: string; readonly typeId: number }[];
    readonly rows: readonly (readonly (string | null)[])[];
  }[]
>;

/** The default limits of Neon's open-source proxy for requests and answers: 10 MiB, read 2026-11-21. */
const BYTES_MAX = 10 * 1024 * 1024;

/**
 * A Bind message counts its parameters in two bytes:
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
const PARAMETERS_MAX = 65_535;

/** Fields of a Postgres error, besides its message, that Neon passes on. */
const ERROR_FIELDS =
  'code detail hint position internalPosition internalQuery severity where table column schema dataType constraint file line routine';

/** A request that Neon's proxy itself refuses. */
class Refusal extends Error {
  readonly status: number;
  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}

/**
 * Imitates Neon: answers SQL over HTTP with a Postgres as Neon's proxy does (proxy/src/serverless/sql_over_http.rs in
 * neondatabase/neon, read 2026-11-21), as far as the official driver uses it. Other requests are refused. There is no
 * authentication.
 */
export function createNeonHandler(run: RunBehindNeon): Handler {
  return async (request) => {
    try {
      return await answer(request, run);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof Refusal) return Response.json({ message }, { status: error.status });
      const given = new Map(Object.entries(error as object));
      // Errors of Postgres have a severity, those of a connection to it do not.
      if (!given.has('severity')) return Response.json({ message }, { status: 503 });
      const fields = ERROR_FIELDS.split(' ').map((field) => [field, given.get(field) ?? null]);
      return Response.json({ message, ...Object.fromEntries(fields) }, { status: 400 });
    }
  };
}

async function answer(request: Request, run: RunBehindNeon): Promise<Response> {
  const { headers, method, url } = request;
  if (new URL(url).pathname !== '/sql') throw new Refusal('only /sql is served', 404);
  if (method !== 'POST') throw new Refusal('only POST is served', 405);
  for (const name of ['Neon-Raw-Text-Output', 'Neon-Array-Mode']) {
    if (headers.get(name) !== 'true') throw new Refusal(`only requests with the header ${name}: true are served`);
  }
  if ([...headers.keys()].some((name) => name.startsWith('neon-batch-'))) {
    throw new Refusal('only transactions of the default kind are served');
  }
  const body = new Uint8Array(await request.arrayBuffer());
  if (body.byteLength > BYTES_MAX) throw new Refusal(`the body is larger than ${BYTES_MAX} bytes`, 413);
  const asked = parseBody(body);
  const transaction = 'queries' in asked;
  const results = await run((transaction ? asked.queries : [asked]).map(toStatement), { transaction });
  const written = results.map(({ columns, rows }) => ({
    rowAsArray: true,
    fields: columns.map(({ name, typeId }) => ({ name, dataTypeID: typeId, format: 'text' })),
    rows,
  }));
  const json = JSON.stringify(transaction ? { results: written } : written[0]);
  if (Buffer.byteLength(json) > BYTES_MAX) throw new Refusal(`response is too large (max is ${BYTES_MAX} bytes)`, 507);
  return new Response(json, { headers: { 'content-type': 'application/json' } });
}

interface Query {
  readonly query: string;
  readonly params: readonly (string | null)[];
}

function parseBody(body: Uint8Array): Query | { readonly queries: readonly Query[] } {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new Refusal('the body is not JSON in UTF-8');
  }
  const { queries } = (json ?? {}) as { queries?: unknown };
  if (Array.isArray(queries) ? queries.every(isQuery) : isQuery(json)) return json as Query;
  throw new Refusal('expected {"query", "params"} or {"queries": [{"query", "params"}, ...]}, texts and null in them');
}

/** The driver sends only strings and null. */
function isQuery(value: unknown): value is Query {
  const { query, params } = (value ?? {}) as Partial<Query>;
  const texts: unknown[] = Array.isArray(params) ? params.filter((param) => param !== null) : [undefined];
  return [query, ...texts].every((text) => typeof text === 'string' && text.isWellFormed());
}

function toStatement({ query, params }: Query): Statement {
  if (params.length <= PARAMETERS_MAX) return [query, params];
  throw new Refusal(`a query takes ${PARAMETERS_MAX} parameters at most, not ${params.length}`);
}
