import { messages } from '@electric-sql/pglite';
import {
  IndexingError,
  isIndexingError,
  refusedByPostgres,
  strippedCause,
  createVendorTextRedactor,
} from '@lockstep/model';

/** No secret is sent to an engine within the process. */
const WORDS = createVendorTextRedactor([]);

/** Turns what PGlite throws into ours. */
export function toIndexingError(error: unknown): IndexingError {
  if (isIndexingError(error)) return error;
  const refused = error instanceof messages.DatabaseError ? refusedByPostgres(error, WORDS) : undefined;
  const message = 'The embedded Postgres failed in an unknown way.';
  return refused ?? new IndexingError({ code: 'invariant', message, cause: strippedCause(error) });
}
