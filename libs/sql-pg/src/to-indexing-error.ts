import pg from 'pg';
import {
  isIndexingError,
  postgresUnavailable,
  refusedByPostgres,
  type IndexingError,
  type VendorTextRedactor,
} from '@lockstep/model';
import { connectionProblem } from '@lockstep/resilience';

/** The `IndexingError` for an error of Postgres, or for one of a connection, which may contain its settings. */
export function toIndexingError(
  error: unknown,
  { redactor, server }: { readonly redactor: VendorTextRedactor; readonly server: string },
): IndexingError {
  if (isIndexingError(error)) return error;
  const refused = error instanceof pg.DatabaseError ? refusedByPostgres(error, redactor) : undefined;
  if (refused !== undefined) return refused;
  const problem = connectionProblem(error);
  if (problem?.isUnsent === true) {
    const message = `Postgres cannot be reached at ${server}: ${problem.words}.`;
    return postgresUnavailable(message, error, problem.isFinal ? 'abort' : 'retry');
  }
  return postgresUnavailable(
    `The connection to Postgres at ${server} broke${problem === undefined ? '' : `: ${problem.words}`}.`,
    error,
  );
}
