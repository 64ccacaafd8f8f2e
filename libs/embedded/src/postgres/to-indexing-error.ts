import { messages } from '@electric-sql/pglite';
import {
  IndexingError,
  isIndexingError,
  refusedByPostgres,
  strippedCause,
  createVendorTextRedactor,
} from '@lockstep/model';

/** Without secrets to remove: none are sent to an engine in this process. */
const REDACTOR = createVendorTextRedactor([]);

/** The `IndexingError` for an error of PGlite. */
export function toIndexingError(error: unknown): IndexingError {
  if (isIndexingError(error)) return error;
  const refused = error instanceof messages.DatabaseError ? refusedByPostgres(error, REDACTOR) : undefined;
  const message = 'The embedded Postgres failed in an unknown way.';
  return refused ?? new IndexingError({ code: 'invariant', message, cause: strippedCause(error) });
}
