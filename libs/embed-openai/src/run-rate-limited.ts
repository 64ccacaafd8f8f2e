import { isIndexingError, type CallOptions } from '@lockstep/model';
import type { Call, Guard, Permit, RateLimiter, RequestOutcome } from '@lockstep/resilience';

interface Controls<Result> {
  readonly guard: Guard;
  readonly rateLimiter: RateLimiter | undefined;
  /** About how many tokens a request has; called once. */
  readonly tokens: () => number;
  /** What the call does, as its span tells it. @default nothing is told */
  readonly call?: Call<Result> | undefined;
}

/** One request. It passes on the headers of any reply that it gets, and throws as a guard expects. */
type Attempt<Result> = (signal: AbortSignal, keepHeaders: (headers: Headers | undefined) => void) => Promise<Result>;

/**
 * Runs a call in its guard, each attempt when the rate limiter admits it, and reports what became of each. The wait for
 * a permit is outside the timeout, and an attempt that an open breaker holds back keeps its permit.
 */
export async function runRateLimited<Result extends { readonly tokens: number }>(
  { guard, rateLimiter, tokens, call }: Controls<Result>,
  options: CallOptions | undefined,
  attempt: Attempt<Result>,
): Promise<Result> {
  if (rateLimiter === undefined) return guard.run((signal) => attempt(signal, () => {}), { ...options, call });
  const expected = tokens();
  let unsent: Permit | undefined;
  try {
    return await guard.run(
      async (signal) => {
        const permit = unsent as Permit;
        unsent = undefined;
        let headers: Headers | undefined;
        try {
          const result = await attempt(signal, (kept) => (headers = kept));
          rateLimiter.report(permit, { kind: 'answered', headers: headers ?? new Headers(), tokens: result.tokens });
          return result;
        } catch (error) {
          rateLimiter.report(permit, failureOutcome(error, headers));
          throw error;
        }
      },
      {
        ...options,
        call,
        async before(signal) {
          unsent ??= await rateLimiter.acquire(expected, signal);
        },
      },
    );
  } finally {
    if (unsent !== undefined) rateLimiter.report(unsent, { kind: 'unsent' });
  }
}

function failureOutcome(error: unknown, headers: Headers | undefined): RequestOutcome {
  if (!isIndexingError(error) || error.code !== 'rate-limited') return { kind: 'failed', headers };
  return { kind: 'refused', headers, retryAfterMs: error.retryAfterMs };
}
