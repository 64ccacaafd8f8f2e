import { NeonDbError } from '@neondatabase/serverless';
import {
  IndexingError,
  isIndexingError,
  postgresUnavailable,
  refusedByPostgres,
  strippedCause,
  type VendorTextRedactor,
} from '@lockstep/model';
import { connectionProblem } from '@lockstep/resilience';

/** The `IndexingError` for an error of the Neon driver. */
export function toIndexingError(error: unknown, redactor: VendorTextRedactor): IndexingError {
  if (isIndexingError(error)) return error;
  if (error instanceof NeonDbError) {
    if (isIndexingError(error.sourceError)) return error.sourceError;
    if (error.sourceError !== undefined) return postgresUnavailable('Postgres cannot be reached.', error.sourceError);
    return refusedByPostgres(error, redactor) ?? refusedByProxy(error);
  }
  // A body that ends early is a TypeError, one that is not JSON a SyntaxError.
  if (error instanceof TypeError || error instanceof SyntaxError) {
    return postgresUnavailable('Postgres sent a body that is cut or not JSON.', error);
  }
  if (error instanceof DOMException) return postgresUnavailable('Postgres gave no answer in time.', error);
  if (connectionProblem(error) !== undefined) return postgresUnavailable('Postgres broke the connection.', error);
  const cause = strippedCause(error);
  return new IndexingError({ code: 'invariant', message: 'The Postgres driver failed in an unknown way.', cause });
}

/** Status 400 without a SQLSTATE: the proxy of Neon refused the request before it reached Postgres. */
function refusedByProxy(error: NeonDbError): IndexingError {
  const cause = strippedCause(error);
  if (/authentication failed/i.test(error.message)) {
    return new IndexingError({ code: 'unauthorized', message: 'Postgres refused the user or the password.', cause });
  }
  return new IndexingError({
    code: 'request-refused',
    message:
      'The proxy in front of Postgres refused a request: it is invalid, too large, or for a database that does not exist.',
    cause,
  });
}
