import { IndexingError, isIndexingError } from '../indexing-error.ts';

/**
 * Largest answer to one statement, in bytes: the limit of Neon's proxy (10 MiB, read 2026-11-21). It holds for every
 * Postgres, so that pages of large rows are small everywhere.
 */
export const ANSWER_BYTES_MAX = 10 * 1024 * 1024;

/** The HTTP status with which Neon reports it. */
const TOO_LARGE = 507;

export function answerTooLarge(): IndexingError {
  return new IndexingError({
    code: 'request-refused',
    message: `Expected an answer of at most ${ANSWER_BYTES_MAX} bytes from Postgres, found a larger one.`,
    details: { status: TOO_LARGE },
  });
}

/** Whether a query failed because its answer is too large. */
export function isAnswerTooLarge(error: unknown): boolean {
  return isIndexingError(error) && error.details['status'] === TOO_LARGE;
}
