import {
  IndexingError,
  isIndexingError,
  strippedCause,
  type ErrorDetails,
  type VendorTextRedactor,
} from '@lockstep/model';
import { retryAfterMs, statusFailure } from '@lockstep/resilience';

/**
 * Turns what the Qdrant client throws into ours. Its errors are told apart by name and shape, since it exports no
 * classes for most. Its own `retry_after` is not read: version 1.19.0 keeps only the first character of the header.
 */
export function toIndexingError(error: unknown, redactor: VendorTextRedactor, nowMs: number): IndexingError {
  if (isIndexingError(error)) return error;
  const cause = strippedCause(error);
  if (isApiError(error)) return statusError(error, redactor, nowMs, cause);
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
  if (timedOut || name === 'QdrantClientTimeoutError') return unavailable('gave no answer in time', cause);
  if (error instanceof TypeError && message.includes('fetch failed')) return unavailable('cannot be reached', cause);
  if (error instanceof TypeError || error instanceof SyntaxError) {
    return unavailable('sent a body that is cut or not JSON', cause);
  }
  if (name === 'QdrantClientUnexpectedResponseError') {
    return new IndexingError({
      code: 'response-invalid',
      message: 'Qdrant answered with an unexpected status.',
      cause,
    });
  }
  // What the client says of status 200 with another body than Qdrant's: a proxy's page while Qdrant starts, mostly.
  if (message === 'Result came uninitialized') {
    return new IndexingError({
      code: 'response-invalid',
      disposition: 'retry',
      message: 'Qdrant gave an answer without a result (a page of a proxy?).',
      cause,
    });
  }
  return new IndexingError({ code: 'invariant', message: 'The Qdrant client failed in an unknown way.', cause });
}

/** What is known of an answer with another status than 200. */
export interface StatusAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly data: unknown;
}

function isApiError(error: unknown): error is Error & StatusAnswer {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' && 'headers' in error;
}

/** The HTTP status of a failed call, if it got as far as one. */
export function statusOf(error: unknown): number | undefined {
  if (isApiError(error)) return error.status;
  const status = isIndexingError(error) ? error.details['status'] : undefined;
  return typeof status === 'number' ? status : undefined;
}

/**
 * Whether a call failed because there is no such collection. Any other 404, such as that of a proxy which has nothing at
 * this path, is a failure (text of Qdrant's `lib/storage/src/content_manager`, 1.19).
 */
export function isCollectionMissing(error: unknown): boolean {
  const reason = isIndexingError(error) ? error.details['reason'] : undefined;
  return statusOf(error) === 404 && typeof reason === 'string' && reason.startsWith('Not found: Collection ');
}

/** Turns an answer with another status than 200 into our error. */
export function statusError(
  { status, headers, data }: StatusAnswer,
  redactor: VendorTextRedactor,
  nowMs: number,
  cause?: unknown,
): IndexingError {
  const reason = redactor.sentence(reasonIn(data));
  const details: ErrorDetails = { status, reason: reason ?? null };
  const message = `Qdrant answered ${status}${reason === undefined ? '' : `: ${reason}`}`;
  if (status === 507 || /embedded .*(full|limit|holds)/i.test(reason ?? '')) {
    return new IndexingError({ code: 'capacity-exceeded', message, details, cause });
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

/** What Qdrant says is wrong, in its usual place. It names fields and sizes; what it quotes may be from a payload. */
function reasonIn(data: unknown): unknown {
  if (typeof data !== 'object' || data === null || !('status' in data)) return undefined;
  const { status } = data;
  return typeof status === 'object' && status !== null && 'error' in status ? status.error : undefined;
}

function unavailable(what: string, cause: unknown): IndexingError {
  return new IndexingError({ code: 'service-unavailable', disposition: 'retry', message: `Qdrant ${what}.`, cause });
}
