import type { ErrorCode } from '../error-catalogue.ts';
import { IndexingError, isIndexingError, strippedCause, type Disposition } from '../indexing-error.ts';
import type { VendorTextRedactor } from '../secrets/vendor-text-redactor.ts';

/**
 * What an SQLSTATE, or its class of two characters, means for a run. Others abort.
 * Source: https://www.postgresql.org/docs/current/errcodes-appendix.html, 2026-11.
 */
const SQLSTATES: Readonly<Record<string, { readonly code: ErrorCode; readonly disposition: Disposition }>> = {
  // Raised by `lockstep_assert_fence` when another run has taken over the corpus.
  LS001: { code: 'overtaken', disposition: 'abort' },
  // Connection exceptions.
  '08': { code: 'service-unavailable', disposition: 'retry' },
  // Serialization failure and deadlock.
  '40001': { code: 'service-unavailable', disposition: 'retry' },
  '40P01': { code: 'service-unavailable', disposition: 'retry' },
  // The disk is full, or a limit of the plan is reached.
  '53100': { code: 'capacity-exceeded', disposition: 'abort' },
  // Insufficient resources: connections, memory.
  '53': { code: 'service-unavailable', disposition: 'retry' },
  // Shutdown, crash, cannot connect now.
  '57P01': { code: 'service-unavailable', disposition: 'retry' },
  '57P02': { code: 'service-unavailable', disposition: 'retry' },
  '57P03': { code: 'service-unavailable', disposition: 'retry' },
  // Statement timeout, of the server or of a pooler.
  '57014': { code: 'service-unavailable', disposition: 'retry' },
  // Wrong user or password; insufficient privilege.
  '28': { code: 'unauthorized', disposition: 'abort' },
  '42501': { code: 'unauthorized', disposition: 'abort' },
};

const SQLSTATE = /^[0-9A-Z]{5}$/;

/** Classes whose messages quote names but no values. */
const CLASSES_WITHOUT_VALUES = new Set(['28', '3D', '3F', '42', '53', '57', 'LS']);

/** An error of Postgres about a statement, as every client throws it. */
export interface PostgresError extends Error {
  /** SQLSTATE. */
  readonly code?: string | undefined;
  readonly table?: string | undefined;
  readonly constraint?: string | undefined;
}

/**
 * The `IndexingError` for an error of Postgres itself: with the SQLSTATE, and with the message if that quotes no
 * values. Undefined for an error without SQLSTATE.
 */
export function refusedByPostgres(error: PostgresError, redactor: VendorTextRedactor): IndexingError | undefined {
  const { code: sqlState } = error;
  if (sqlState === undefined || !SQLSTATE.test(sqlState)) return undefined;
  const known = SQLSTATES[sqlState] ?? SQLSTATES[sqlState.slice(0, 2)];
  const text = CLASSES_WITHOUT_VALUES.has(sqlState.slice(0, 2)) ? redactor.sentence(error.message) : undefined;
  return new IndexingError({
    ...(known ?? { code: 'request-refused' }),
    message: `Postgres refused a statement with SQLSTATE ${sqlState}${text === undefined ? '' : `: ${text}`}.`,
    details: {
      sqlState,
      table: redactor.name(error.table) ?? null,
      constraint: redactor.name(error.constraint) ?? null,
    },
    cause: strippedCause(error),
  });
}

/** The `IndexingError` for a missing or unreadable answer of Postgres: the statement may have taken effect. */
export function postgresUnavailable(
  message: string,
  error?: unknown,
  disposition: 'retry' | 'abort' = 'retry',
): IndexingError {
  return new IndexingError({
    code: 'service-unavailable',
    disposition,
    message,
    ...(error === undefined ? {} : { cause: strippedCause(error) }),
  });
}

/** The SQLSTATE of a failed statement, if there is one. */
export function sqlStateOf(error: unknown): string | undefined {
  const sqlState = isIndexingError(error) ? error.details['sqlState'] : undefined;
  return typeof sqlState === 'string' ? sqlState : undefined;
}
