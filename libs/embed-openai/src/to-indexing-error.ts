import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from 'openai';
import { IndexingError, isIndexingError, strippedCause, type ErrorCode, type ErrorDetails } from '@lockstep/model';
import { connectionProblem, isPage, pageNote, retryAfterMs, statusFailure } from '@lockstep/resilience';

/** Parameters that are the same in every request: splitting a batch would not help. */
const OWN_PARAMS = new Set(['model', 'dimensions', 'encoding_format', 'user']);

/**
 * Codes and types of errors that waiting does not resolve, although nearly all come with status 429: no credit, a limit
 * of spending or of use, an account that is not active or was closed. Source of the first five:
 * https://learn.microsoft.com/en-us/microsoft-cloud/dev/dev-proxy/concepts/openai-insufficient-quota, 2026-11. The others
 * stand in replies that were published, 2023 to 2025; `billing_hard_limit_reached` comes as 400.
 */
const FINAL: ReadonlyMap<unknown, ErrorCode> = new Map([
  ['insufficient_quota', 'quota-exhausted'],
  ['credit_balance_exhausted', 'quota-exhausted'],
  ['organization_spend_limit_exceeded', 'quota-exhausted'],
  ['organization_usage_limit_exceeded', 'quota-exhausted'],
  ['project_spend_limit_exceeded', 'quota-exhausted'],
  ['billing_hard_limit_reached', 'quota-exhausted'],
  ['billing_not_active', 'quota-exhausted'],
  ['access_terminated', 'unauthorized'],
]);

/** Forms of error codes and types, parameters and request ids. No API key matches: keys mix digits with letters beyond f. */
const WORD = /^[a-z_]{1,64}$/i;
const PARAM = /^[a-z_]{1,32}(?:\[\d{1,5}\]|\.\d{1,5})?$/i;
const REQUEST_ID = /^(?:req_)?[0-9a-f-]{1,64}$/i;

/**
 * Turns what the `openai` client throws into an `IndexingError`. The service's message is not repeated, since it may
 * quote the key or the text; its code, type, parameter and request id are, where they have the usual form.
 */
export function toIndexingError(error: unknown, server: string, nowMs: number): IndexingError {
  if (isIndexingError(error)) return error;
  // The client wraps what its `fetch` throws.
  if (error instanceof APIConnectionError && isIndexingError(error.cause)) return error.cause;
  const cause = strippedCause(error);
  if (error instanceof APIUserAbortError) return new IndexingError({ code: 'aborted', message: 'Stopped.', cause });
  if (error instanceof APIConnectionTimeoutError) {
    return unavailable(`at ${server} gave no answer in time`, { possiblyPaid: true }, cause);
  }
  if (error instanceof APIConnectionError) {
    const problem = connectionProblem(error);
    const why = problem === undefined ? '' : `: ${problem.words}`;
    // After a connection that broke the request may have been served and charged.
    return problem?.isUnsent === true
      ? unavailable(`cannot be reached at ${server}${why}`, {}, cause, problem.isFinal)
      : unavailable(`at ${server} broke the connection${why}`, { possiblyPaid: true }, cause);
  }
  if (error instanceof APIError && error.status !== undefined) return ofStatus(error, server, nowMs, cause);
  // A body that ends early throws a TypeError, one that is not JSON a SyntaxError; both after the work was done.
  if (error instanceof TypeError || error instanceof SyntaxError) {
    return unavailable(`at ${server} sent a body that is cut or not JSON`, { possiblyPaid: true }, cause);
  }
  const problem = connectionProblem(error);
  if (problem !== undefined) {
    return unavailable(`at ${server} broke the connection: ${problem.words}`, { possiblyPaid: true }, cause);
  }
  return new IndexingError({ code: 'invariant', message: 'The embedding client failed in an unknown way.', cause });
}

function ofStatus(error: APIError, server: string, nowMs: number, cause: unknown): IndexingError {
  const status = error.status as number;
  const details: ErrorDetails = {
    status,
    vendorCode: matching(WORD, error.code) ?? matching(WORD, error.type),
    param: matching(PARAM, error.param),
    requestId: matching(REQUEST_ID, error.requestID),
  };
  const headers = error.headers ?? new Headers();
  const from = isPage(headers) || status === 404 ? `The embedding service at ${server}` : 'The embedding service';
  const vendorCode = details['vendorCode'] === null ? '' : ` (${details['vendorCode']})`;
  const answer = `${from} answered ${status}${vendorCode}${pageNote(headers)}`;
  // Other services that speak the protocol answer 402 where credit has run out.
  const final = FINAL.get(error.code) ?? FINAL.get(error.type) ?? (status === 402 ? 'quota-exhausted' : undefined);
  if (final !== undefined) {
    const why = final === 'quota-exhausted' ? 'the account may not spend more' : 'the account was closed';
    return new IndexingError({ code: final, message: `${answer}: ${why}.`, details, cause });
  }
  if (status === 404) {
    return new IndexingError({
      code: 'request-refused',
      message: `${answer}: it does not have the model, or there is no such service at this address. Check the name of the model (--model, or "model" in corpus.json) and OPENAI_BASE_URL.`,
      details,
      cause,
    });
  }
  if (error.param !== null && error.param !== undefined && OWN_PARAMS.has(error.param)) {
    return new IndexingError({
      code: 'request-refused',
      message: `${answer}: it does not accept the configured ${error.param}; see --model and --dimensions.`,
      details,
      cause,
    });
  }
  if (status === 400 || status === 413 || status === 422) {
    return new IndexingError({
      code: 'request-refused',
      disposition: 'reject',
      message: `${answer}: it rejects at least one input of the request.`,
      details,
      cause,
    });
  }
  const failure = statusFailure(status);
  const wait = retryAfterMs(headers, nowMs);
  return new IndexingError({
    ...failure,
    message: `${answer}.`,
    details,
    cause,
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  });
}

function matching(form: RegExp, value: unknown): string | null {
  return typeof value === 'string' && form.test(value) ? value : null;
}

function unavailable(what: string, details: ErrorDetails, cause: unknown, isFinal = false): IndexingError {
  return new IndexingError({
    code: 'service-unavailable',
    disposition: isFinal ? 'abort' : 'retry',
    message: `The embedding service ${what}.`,
    details,
    cause,
  });
}
