import { NeonDbError } from '@neondatabase/serverless';
import {
  IndexingError,
  isIndexingError,
  strippedCause,
  type Disposition,
  type ErrorCode,
  type VendorWords,
} from '@lockstep/model';

/** Raised by `lockstep_assert_fence` when another run has taken the corpus. */
export const OVERTAKEN_SQLSTATE = 'LS001';

/**
 * SQLSTATE, or its class of two characters, to what it means for a run. What is not here aborts.
 * Source: https://www.postgresql.org/docs/current/errcodes-appendix.html, 2026-11.
 */
const SQLSTATES: Readonly<Record<string, { readonly code: ErrorCode; readonly disposition: Disposition }>> = {
  [OVERTAKEN_SQLSTATE]: { code: 'overtaken', disposition: 'abort' },
  // Connection exceptions.
  '08': { code: 'service-unavailable', disposition: 'retry' },
  // Serialization failure and deadlock.
  '40001': { code: 'service-unavailable', disposition: 'retry' },
  '40P01': { code: 'service-unavailable', disposition: 'retry' },
  // Insufficient resources: connections, memory, disk.
  '53': { code: 'service-unavailable', disposition: 'retry' },
  // Shutdown, crash, cannot connect now.
  '57P01': { code: 'service-unavailable', disposition: 'retry' },
  '57P02': { code: 'service-unavailable', disposition: 'retry' },
  '57P03': { code: 'service-unavailable', disposition: 'retry' },
  // Statement timeout, also where a pooler sets one.
  '57014': { code: 'service-unavailable', disposition: 'retry' },
  // Wrong user or password; insufficient privilege.
  '28': { code: 'unauthorized', disposition: 'abort' },
  '42501': { code: 'unauthorized', disposition: 'abort' },
};

const SQLSTATE = /^[0-9A-Z]{5}$/;

/** Classes whose messages name identifiers and never values. */
const SPEAKING_CLASSES = new Set(['28', '3D', '3F', '42', '53', '57', 'LS']);

/** Turns what the Neon driver throws into ours. Messages that may quote a value are left out; the SQLSTATE is not. */
export function toIndexingError(error: unknown, words: VendorWords): IndexingError {
  if (isIndexingError(error)) return error;
  const cause = strippedCause(error);
  if (error instanceof NeonDbError) {
    if (isIndexingError(error.sourceError)) return error.sourceError;
    if (error.sourceError !== undefined) {
      return unavailable('Postgres cannot be reached.', strippedCause(error.sourceError));
    }
    if (error.code !== undefined && SQLSTATE.test(error.code)) return ofSqlState(error, error.code, words, cause);
    return ofProxy(error, cause);
  }
  // A body that ends early is a TypeError, one that is not JSON a SyntaxError.
  if (error instanceof TypeError || error instanceof SyntaxError) {
    return unavailable('Postgres sent a body that is cut or not JSON.', cause);
  }
  if (error instanceof DOMException) return unavailable('Postgres gave no answer in time.', cause);
  return new IndexingError({ code: 'invariant', message: 'The Postgres driver failed in an unknown way.', cause });
}

function ofSqlState(error: NeonDbError, sqlState: string, words: VendorWords, cause: unknown): IndexingError {
  const known = SQLSTATES[sqlState] ?? SQLSTATES[sqlState.slice(0, 2)];
  const said = SPEAKING_CLASSES.has(sqlState.slice(0, 2)) ? words.sentence(error.message) : undefined;
  return new IndexingError({
    ...(known ?? { code: 'request-refused' }),
    message: `Postgres refused a statement with SQLSTATE ${sqlState}${said === undefined ? '' : `: ${said}`}.`,
    details: { sqlState, table: words.name(error.table) ?? null, constraint: words.name(error.constraint) ?? null },
    cause,
  });
}

/** Status 400 without a SQLSTATE: Neon's proxy refuses the request itself, and means the user by it. */
function ofProxy(error: NeonDbError, cause: unknown): IndexingError {
  if (/authentication failed/i.test(error.message)) {
    return new IndexingError({ code: 'unauthorized', message: 'Postgres refused the user or the password.', cause });
  }
  return new IndexingError({
    code: 'request-refused',
    message: 'The proxy before Postgres refused a request: wrong, too large, or for a database that is not there.',
    cause,
  });
}

/** The SQLSTATE of a failed statement, if there is one. */
export function sqlStateOf(error: unknown): string | undefined {
  const sqlState = isIndexingError(error) ? error.details['sqlState'] : undefined;
  return typeof sqlState === 'string' ? sqlState : undefined;
}

/** Whether a query failed since its answer would be larger than Neon gives. */
export function isAnswerTooLarge(error: unknown): boolean {
  return isIndexingError(error) && error.details['status'] === 507;
}

function unavailable(message: string, cause: unknown): IndexingError {
  return new IndexingError({ code: 'service-unavailable', disposition: 'retry', message, cause });
}
