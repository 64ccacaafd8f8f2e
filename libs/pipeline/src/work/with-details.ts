import { IndexingError, isIndexingError, type ErrorDetails } from '@lockstep/model';

/** The same error with more details; any other than an `IndexingError` unchanged. */
export function withDetails(error: unknown, more: ErrorDetails): unknown {
  if (!isIndexingError(error)) return error;
  const { code, message, disposition, details, cause, retryAfterMs, attemptsMax } = error;
  return new IndexingError({
    code,
    message,
    disposition,
    details: { ...details, ...more },
    ...(cause === undefined ? {} : { cause }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(attemptsMax === undefined ? {} : { attemptsMax }),
  });
}
