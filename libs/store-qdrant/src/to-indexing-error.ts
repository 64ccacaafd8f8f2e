import {
  IndexingError,
  isIndexingError,
  strippedCause,
  type ErrorDetails,
  type VendorTextRedactor,
} from '@lockstep/model';
import { connectionProblem, isPage, pageNote, retryAfterMs, statusFailure } from '@lockstep/resilience';

/** What an error is told with. */
export interface ErrorContext {
  /** Removes secrets from what is repeated of an answer. */
  readonly redactor: VendorTextRedactor;
  /** Host and port of the service. */
  readonly server: string;
}

/**
 * The `IndexingError` for an error of the Qdrant client. Its errors are recognised by name and shape, since it exports
 * no classes for most. Its `retry_after` is not read: version 1.19.0 keeps only the first character of the header.
 */
export function toIndexingError(error: unknown, { redactor, server }: ErrorContext, nowMs: number): IndexingError {
  if (isIndexingError(error)) return error;
  const cause = strippedCause(error);
  if (isApiError(error)) return statusError(error, { redactor, server }, nowMs, cause);
  const name = error instanceof Error ? error.constructor.name : '';
  const message = error instanceof Error ? error.message : '';
  if (name === 'QdrantClientResourceExhaustedError' || message.startsWith('Invalid retryAfter value')) {
    return new IndexingError({
      code: 'rate-limited',
      disposition: 'retry',
      message: 'Qdrant answered 429: too many requests.',
      details: { status: 429 },
      cause,
    });
  }
  const timedOut = error instanceof DOMException && error.name === 'TimeoutError';
  if (timedOut || name === 'QdrantClientTimeoutError') return unavailable(`at ${server} gave no answer in time`, cause);
  const problem = connectionProblem(error);
  const isBody = (error instanceof TypeError && !message.includes('fetch failed')) || error instanceof SyntaxError;
  if (isBody) return unavailable(`at ${server} sent a body that is cut or not JSON`, cause);
  if (problem !== undefined || error instanceof TypeError) {
    const why = problem === undefined ? '' : `: ${problem.words}`;
    const what = problem?.isUnsent === false ? `at ${server} broke the connection` : `cannot be reached at ${server}`;
    return unavailable(`${what}${why}`, cause, problem?.isFinal);
  }
  if (name === 'QdrantClientUnexpectedResponseError') {
    return new IndexingError({
      code: 'response-invalid',
      message: 'Qdrant answered with an unexpected status.',
      cause,
    });
  }
  // The client's error for status 200 with a body that is not Qdrant's: mostly the page of a proxy while Qdrant starts.
  if (message === 'Result came uninitialized') {
    return new IndexingError({
      code: 'response-invalid',
      disposition: 'retry',
      message: 'Qdrant gave an answer without a result; it may come from a proxy.',
      cause,
    });
  }
  return new IndexingError({ code: 'invariant', message: 'The Qdrant client failed in an unknown way.', cause });
}

/** An answer with a status other than 200. */
export interface StatusAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly data: unknown;
}

function isApiError(error: unknown): error is Error & StatusAnswer {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' && 'headers' in error;
}

/** The HTTP status of a failed call; undefined when it got no answer. */
export function statusOf(error: unknown): number | undefined {
  if (isApiError(error)) return error.status;
  const status = isIndexingError(error) ? error.details['status'] : undefined;
  return typeof status === 'number' ? status : undefined;
}

/**
 * Whether a call failed because the collection does not exist, by the text of Qdrant's
 * `lib/storage/src/content_manager` (1.19). Any other 404 is a failure, such as that of a proxy without a service at
 * this path.
 */
export function isCollectionMissing(error: unknown): boolean {
  const reason = isIndexingError(error) ? error.details['reason'] : undefined;
  return statusOf(error) === 404 && typeof reason === 'string' && reason.startsWith('Not found: Collection ');
}

/** The `IndexingError` for an answer with a status other than 200. */
export function statusError(
  { status, headers, data }: StatusAnswer,
  { redactor, server }: ErrorContext,
  nowMs: number,
  cause?: unknown,
): IndexingError {
  const reason = redactor.sentence(reasonIn(data));
  const details: ErrorDetails = { status, reason: reason ?? null };
  const from = isPage(headers) ? `Qdrant at ${server}` : 'Qdrant';
  const message = `${from} answered ${status}${pageNote(headers)}${reason === undefined ? '' : `: ${reason}`}`;
  if (status === 507 || /embedded .*(full|limit|holds)/i.test(reason ?? '')) {
    return new IndexingError({ code: 'capacity-exceeded', message, details, cause });
  }
  if (status === 429 && isTooLargeForRate(reason)) {
    // To wait does not help; a smaller request does.
    return new IndexingError({ code: 'rate-limited', message, details, cause });
  }
  const wait = retryAfterMs(headers, nowMs);
  return new IndexingError({
    ...statusFailure(status),
    message,
    details,
    cause,
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  });
}

/**
 * Whether a 429 says that the request has more points than are allowed in a minute, by the text of Qdrant's `rate_limiting` (1.18).
 * Waiting does not help then.
 */
export function isTooLargeForRate(reason: string | undefined): boolean {
  return reason?.includes('request larger than rate limiter capacity') === true;
}

/** Qdrant's own text about an error, from `status.error`. It may quote a payload. */
function reasonIn(data: unknown): unknown {
  if (typeof data !== 'object' || data === null || !('status' in data)) return undefined;
  const { status } = data;
  return typeof status === 'object' && status !== null && 'error' in status ? status.error : undefined;
}

function unavailable(what: string, cause: unknown, isFinal = false): IndexingError {
  const disposition = isFinal ? 'abort' : 'retry';
  return new IndexingError({ code: 'service-unavailable', disposition, message: `Qdrant ${what}.`, cause });
}
