import { IndexingError, isIndexingError } from '../indexing-error.ts';

/**
 * Largest answer to one statement, in bytes: what Neon's proxy allows (10 MiB, read 2026-11-21), for all of Postgres, so
 * that pages of heavy rows stay small wherever they come from.
 */
export const ANSWER_BYTES_MAX = 10 * 1024 * 1024;

/** HTTP's status for it, which Neon answers with. */
const TOO_LARGE = 507;

export function answerTooLarge(): IndexingError {
  return new IndexingError({
    code: 'request-refused',
    message: `Postgres gave an answer of more than ${ANSWER_BYTES_MAX} bytes.`,
    details: { status: TOO_LARGE },
  });
}

/** Whether a query failed since its answer would be larger than it may be. */
export function isAnswerTooLarge(error: unknown): boolean {
  return isIndexingError(error) && error.details['status'] === TOO_LARGE;
}
