import type { PgIsolation, PgQuery, PgTransaction } from './postgres-backend.ts';

/** A query with Neon's choice of how to write its rows. */
export interface NeonQuery extends PgQuery {
  /** Rows as arrays of values, else as objects by column name. */
  readonly arrayMode: boolean;
}

export interface NeonRequest {
  readonly queries: readonly NeonQuery[];
  /** Set for a batch, which runs in one transaction; a single query runs by itself. */
  readonly transaction: PgTransaction | undefined;
}

/** A request that is refused before it gets to Postgres. */
export class NeonRequestError extends Error {
  override readonly name = 'NeonRequestError';
  /** HTTP status for the answer. */
  readonly status: number;
  /** SQLSTATE for the answer, where one fits. */
  readonly code: string | null;

  constructor(message: string, { status = 400, code = null }: { status?: number; code?: string | null } = {}) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Bind counts its parameters in two bytes: https://www.postgresql.org/docs/current/protocol-message-formats.html */
const PARAMETERS_MAX = 65_535;

const ISOLATIONS: readonly string[] = ['ReadUncommitted', 'ReadCommitted', 'RepeatableRead', 'Serializable'];

/**
 * Parses a request to Neon's `/sql`, as its proxy does (proxy/src/serverless/sql_over_http.rs in neondatabase/neon,
 * read 2026-11-21), and refuses what would fail there or break the Postgres protocol.
 *
 * @throws {NeonRequestError}
 */
export function parseNeonRequest(headers: Headers, body: string): NeonRequest {
  if (headers.get('Neon-Raw-Text-Output') !== 'true') {
    throw new NeonRequestError('only raw text output is served: send the header Neon-Raw-Text-Output: true');
  }
  const arrayModeDefault = headers.get('Neon-Array-Mode') === 'true';
  const transaction = parseTransaction(headers);
  const payload = parseJson(body);
  if (isObject(payload) && typeof payload['query'] === 'string') {
    return { queries: [parseQuery(payload, arrayModeDefault)], transaction: undefined };
  }
  if (isObject(payload) && Array.isArray(payload['queries'])) {
    return { queries: payload['queries'].map((query: unknown) => parseQuery(query, arrayModeDefault)), transaction };
  }
  throw new NeonRequestError('the body must be {"query", "params"} or {"queries": [{"query", "params"}, ...]}');
}

function parseTransaction(headers: Headers): PgTransaction {
  const isolation = headers.get('Neon-Batch-Isolation-Level') ?? undefined;
  if (isolation !== undefined && !isIsolation(isolation)) throw new NeonRequestError('invalid isolation level');
  return {
    isolation,
    readOnly: headers.get('Neon-Batch-Read-Only') === 'true',
    deferrable: headers.get('Neon-Batch-Deferrable') === 'true',
  };
}

function isIsolation(value: string): value is PgIsolation {
  return ISOLATIONS.includes(value);
}

function parseQuery(value: unknown, arrayModeDefault: boolean): NeonQuery {
  if (!isObject(value)) throw new NeonRequestError('a query must be an object');
  const { query: text, params = [], arrayMode } = value;
  if (typeof text !== 'string') throw new NeonRequestError('"query" must be a string');
  if (!Array.isArray(params)) throw new NeonRequestError('"params" must be an array');
  if (arrayMode !== undefined && arrayMode !== null && typeof arrayMode !== 'boolean') {
    throw new NeonRequestError('"arrayMode" must be true or false');
  }
  if (params.length > PARAMETERS_MAX) {
    throw new NeonRequestError(`a query takes ${PARAMETERS_MAX} parameters at most, not ${params.length}`, {
      code: '08P01',
    });
  }
  checkText(text, 'the query');
  const values = params.map((param: unknown, index) => {
    const parameter = toPgText(param);
    if (parameter !== null) checkText(parameter, `parameter $${index + 1}`);
    return parameter;
  });
  if (startsWithCopy(text)) {
    // There is no way to stream the data over HTTP, and COPY FROM STDIN would end the embedded engine.
    throw new NeonRequestError('COPY is not possible over HTTP: use INSERT and SELECT', { code: '0A000' });
  }
  return { text, values, arrayMode: arrayMode ?? arrayModeDefault };
}

function checkText(text: string, what: string): void {
  if (text.includes('\0')) {
    throw new NeonRequestError(`invalid byte sequence for encoding "UTF8": 0x00 in ${what}`, { code: '22021' });
  }
  if (!text.isWellFormed()) {
    throw new NeonRequestError(`lone surrogate in ${what}: the text is not valid Unicode`, { code: '22021' });
  }
}

/** JSON value to Postgres text form. The driver sends strings and null only; other clients send numbers and arrays. */
function toPgText(value: unknown): string | null {
  if (value === null || typeof value === 'string') return value;
  return Array.isArray(value) ? toPgArray(value) : JSON.stringify(value);
}

/** `[1,[null,"a"]]` becomes `{1,{NULL,"a"}}`. */
function toPgArray(items: readonly unknown[]): string {
  const parts = items.map((item) => {
    if (item === null) return 'NULL';
    if (Array.isArray(item)) return toPgArray(item);
    const text = typeof item === 'object' ? JSON.stringify(item) : item;
    return typeof text === 'string' ? `"${text.replaceAll(/["\\]/g, '\\$&')}"` : String(text);
  });
  return `{${parts.join(',')}}`;
}

/** True when the first word, after blanks and comments (block comments nest in SQL), is COPY. */
export function startsWithCopy(text: string): boolean {
  let at = 0;
  let depth = 0;
  for (;;) {
    if (text.startsWith('/*', at)) {
      depth++;
      at += 2;
    } else if (depth > 0) {
      if (at >= text.length) return false;
      const isEnd = text.startsWith('*/', at);
      if (isEnd) depth--;
      at += isEnd ? 2 : 1;
    } else if (text.startsWith('--', at)) {
      const lineEnd = text.slice(at).search(/[\r\n]/);
      if (lineEnd === -1) return false;
      at += lineEnd;
    } else if (/^[\s;]$/.test(text.charAt(at))) {
      at++;
    } else {
      return /^copy(?![\w$])/i.test(text.slice(at, at + 5));
    }
  }
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new NeonRequestError('the body is not valid JSON');
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
