import { IndexingError, isIndexingError, type ErrorCode } from '@lockstep/model';

/** HTTP status by error code; any other is 500. */
const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  'request-invalid': 400,
  'option-invalid': 400,
  'not-authenticated': 401,
  'request-foreign': 403,
  'writes-not-allowed': 403,
  'corpus-unknown': 404,
  'route-unknown': 404,
  'corpus-loaded': 409,
  'run-under-way': 409,
  overtaken: 409,
  'stores-differ': 409,
  'model-mismatch': 409,
  'request-too-large': 413,
  unauthorized: 502,
  'request-refused': 502,
  'response-invalid': 502,
  'lock-timeout': 503,
  'rate-limited': 503,
  'service-unavailable': 503,
  'deadline-exceeded': 503,
  'quota-exhausted': 503,
  aborted: 503,
  'capacity-exceeded': 507,
};

/** A bug, of which nothing is shown: its message may hold a secret or a text. */
const UNKNOWN = new IndexingError({ code: 'invariant', message: 'The server failed in an unknown way.' });

/** The reply to a request that failed: code, message and advice of the error, without stack and cause. */
export function failureReply(error: unknown): Response {
  const known = isIndexingError(error) ? error : UNKNOWN;
  const { code, message, advice, details, retryAfterMs, disposition } = known;
  // The embedding service refused one of the texts.
  const isText = code === 'request-refused' && disposition === 'reject';
  const status = isText ? 422 : (STATUS[code] ?? 500);
  const headers = {
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
    ...(retryAfterMs !== undefined && { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }),
  };
  return Response.json({ ok: false, error: { code, message, advice, details } }, { status, headers });
}
