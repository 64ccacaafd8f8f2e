import pg from 'pg';
import {
  isIndexingError,
  postgresUnavailable,
  refusedByPostgres,
  strippedCause,
  type IndexingError,
  type VendorTextRedactor,
} from '@lockstep/model';

/** Turns what `pg` throws into ours: an error of Postgres, or one of the connection, which may carry its settings. */
export function toIndexingError(error: unknown, redactor: VendorTextRedactor): IndexingError {
  if (isIndexingError(error)) return error;
  const refused = error instanceof pg.DatabaseError ? refusedByPostgres(error, redactor) : undefined;
  if (refused !== undefined) return refused;
  const { code } = strippedCause(error);
  return postgresUnavailable(
    `Postgres cannot be reached, or went away${code === undefined ? '' : ` (${code})`}.`,
    error,
  );
}
