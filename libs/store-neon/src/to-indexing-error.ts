import { NeonDbError } from '@neondatabase/serverless';
import {
  IndexingError,
  isIndexingError,
  postgresUnavailable,
  refusedByPostgres,
  strippedCause,
  type VendorTextRedactor,
} from '@lockstep/model';

/** Turns what the Neon driver throws into ours. */
export function toIndexingError(error: unknown, redactor: VendorTextRedactor): IndexingError {
  if (isIndexingError(error)) return error;
  if (error instanceof NeonDbError) {
    if (isIndexingError(error.sourceError)) return error.sourceError;
    if (error.sourceError !== undefined) return postgresUnavailable('Postgres cannot be reached.', error.sourceError);
    return refusedByPostgres(error, redactor) ?? ofProxy(error);
  }
  // A body that ends early is a TypeError, one that is not JSON a SyntaxError.
  if (error instanceof TypeError || error instanceof SyntaxError) {
    return postgresUnavailable('Postgres sent a body that is cut or not JSON.', error);
  }
  if (error instanceof DOMException) return postgresUnavailable('Postgres gave no answer in time.', error);
  const cause = strippedCause(error);
  return new IndexingError({ code: 'invariant', message: 'The Postgres driver failed in an unknown way.', cause });
}

/** Status 400 without a SQLSTATE: Neon's proxy refuses the request itself, and means the user by it. */
function ofProxy(error: NeonDbError): IndexingError {
  const cause = strippedCause(error);
  if (/authentication failed/i.test(error.message)) {
    return new IndexingError({ code: 'unauthorized', message: 'Postgres refused the user or the password.', cause });
  }
  return new IndexingError({
    code: 'request-refused',
    message: 'The proxy before Postgres refused a request: wrong, too large, or for a database that is not there.',
    cause,
  });
}
