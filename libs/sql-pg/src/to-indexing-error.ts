import pg from 'pg';
import {
  isIndexingError,
  postgresUnavailable,
  refusedByPostgres,
  strippedCause,
  type IndexingError,
  type VendorTextRedactor,
} from '@lockstep/model';

/** The `IndexingError` for an error of Postgres, or for one of a connection, which may contain its settings. */
export function toIndexingError(error: unknown, redactor: VendorTextRedactor): IndexingError {
  if (isIndexingError(error)) return error;
  const refused = error instanceof pg.DatabaseError ? refusedByPostgres(error, redactor) : undefined;
  if (refused !== undefined) return refused;
  const { code } = strippedCause(error);
  return postgresUnavailable(
    `Postgres cannot be reached, or the connection broke${code === undefined ? '' : ` (${code})`}.`,
    error,
  );
}
