import { isIndexingError, type CallOptions } from '@lockstep/model';
import type { Guard, Outcome, Pacer, Ticket } from '@lockstep/resilience';

interface Pacing {
  readonly guard: Guard;
  readonly pacer: Pacer | undefined;
  /** About how many tokens a request has; asked for once. */
  readonly tokens: () => number;
}

/** One request. It hands over the headers of whatever reply it gets, and throws as a guard expects. */
type Attempt<Result> = (signal: AbortSignal, keepHeaders: (headers: Headers | undefined) => void) => Promise<Result>;

/**
 * Runs a call in its guard, each attempt when the pacer lets it through, and tells the pacer what became of each. The
 * pacer is waited for outside the timeout, and an attempt that an open breaker holds back keeps its place.
 */
export async function paced<Result extends { readonly tokens: number }>(
  { guard, pacer, tokens }: Pacing,
  call: CallOptions | undefined,
  attempt: Attempt<Result>,
): Promise<Result> {
  if (pacer === undefined) return guard.run((signal) => attempt(signal, () => {}), call);
  const expected = tokens();
  let unsent: Ticket | undefined;
  try {
    return await guard.run(
      async (signal) => {
        const ticket = unsent as Ticket;
        unsent = undefined;
        let headers: Headers | undefined;
        try {
          const result = await attempt(signal, (kept) => (headers = kept));
          pacer.told(ticket, { kind: 'answered', headers: headers ?? new Headers(), tokens: result.tokens });
          return result;
        } catch (error) {
          pacer.told(ticket, failure(error, headers));
          throw error;
        }
      },
      {
        ...call,
        async before(signal) {
          unsent ??= await pacer.acquire(expected, signal);
        },
      },
    );
  } finally {
    if (unsent !== undefined) pacer.told(unsent, { kind: 'unsent' });
  }
}

function failure(error: unknown, headers: Headers | undefined): Outcome {
  if (!isIndexingError(error) || error.code !== 'rate-limited') return { kind: 'failed', headers };
  return { kind: 'refused', headers, retryAfterMs: error.retryAfterMs };
}
