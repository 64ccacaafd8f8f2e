import {
  IndexingError,
  isIndexingError,
  type CallKind,
  type CallOptions,
  type CallStats,
  type Facts,
  type Span,
} from '@lockstep/model';
import { orAborted } from '../or-aborted.ts';
import { createConsecutiveFailures } from './consecutive-failures.ts';
import { resolveGuardOptions, type GuardOptions } from './guard-options.ts';
import { createPolicies, type BreakerState, type Policies } from './policies.ts';

/** What a call does, as its span tells it. */
export interface Call<Result> {
  readonly kind: CallKind;
  readonly facts: Facts;
  /** What the result adds. @default nothing */
  readonly told?: (result: Result) => Facts;
}

export interface RunOptions<Result = unknown> extends CallOptions {
  /** @default a call of which nothing is told but its service */
  readonly call?: Call<Result> | undefined;
  /**
   * Awaited before each attempt, outside its timeout; the time that it takes does not count towards the deadline. An
   * error that it throws ends the run.
   */
  readonly before?: (signal?: AbortSignal) => Promise<void>;
}

/** One attempt of a call. */
interface Attempted<Result> {
  readonly attempt: (signal: AbortSignal) => Promise<Result>;
  readonly signal: AbortSignal | undefined;
  /** That of the call. */
  readonly span: Span;
  /** How many failed before it. */
  readonly attempts: number;
}

const NOTHING_KNOWN = { kind: 'call', facts: {}, told: undefined } as const;

/** Values of the metric of the breaker. */
const BREAKER_STATES: Readonly<Record<BreakerState, number>> = { closed: 0, 'half-open': 1, opened: 2 };

/** Guards every call to one dependency. */
export interface Guard {
  /**
   * Runs one call until it succeeds, fails for good, or is out of attempts or time. `attempt` sends one request each
   * time it is called, and throws an `IndexingError` whose disposition says what to do; its signal aborts with the
   * caller's, and at the timeout.
   */
  run<Result>(attempt: (signal: AbortSignal) => Promise<Result>, options?: RunOptions<Result>): Promise<Result>;
  /** Counts since the guard was created. */
  stats(): CallStats;
}

/**
 * Wait-and-retry > circuit breaker > timeout, in a bulkhead, so that:
 * - an open breaker makes the caller wait until it is half open, and uses up none of its attempts;
 * - a half-open breaker lets one probe through, then at most `concurrency` calls; after a failed probe it stays open for
 *   twice as long;
 * - only failures of disposition `retry` are tried again, and only they count for the breaker; any other answer,
 *   including a rate limit, shows that the service is up, and resets the count;
 * - every wait ends at once when the caller's signal aborts, and a call that its caller stopped is not counted;
 * - a call is one span with its waits as events, and each request that is sent is a span below it.
 *
 * In a Worker each request needs a guard of its own: a call that waits for a place is continued by the one that leaves
 * it, and workerd cancels it where that one belongs to another request.
 */
export function createGuard(options: GuardOptions): Guard {
  const resolved = resolveGuardOptions(options);
  const { dependency, clock, logger, telemetry, random, breaker: breakerOptions, backoffMs } = resolved;
  const at = options.server === undefined ? '' : ` at ${options.server}`;
  const stats = { requests: 0, retries: 0, breakerOpened: 0 };
  const failures = createConsecutiveFailures();
  const service: Facts = { dependency, server: options.server };
  /** Spans of the calls under way. */
  const calls = new Set<Span>();
  let policies: Policies | undefined;

  /** Loaded by the first call: cockatiel creates an AbortController when it loads, which workerd forbids outside a request. */
  async function loadPolicies(): Promise<Policies> {
    const cockatiel = await import('cockatiel');
    policies ??= createPolicies(cockatiel, {
      ...resolved,
      failures,
      onState: tellBreaker,
    });
    return policies;
  }

  function tellBreaker(state: BreakerState): void {
    if (state === 'opened') stats.breakerOpened += 1;
    telemetry.record('lockstep.breaker.state', BREAKER_STATES[state], { dependency });
    // It concerns every call that is under way, whichever made it change.
    for (const call of calls) call.event(`breaker-${state}`, { dependency });
  }

  /** One request. The breaker sees a failure only where the service failed just now; anything else counts as an answer. */
  async function request<Result>(
    { timed, isOutage, isTimeout }: Policies,
    { attempt, signal, span, attempts }: Attempted<Result>,
  ): Promise<{ result: Result } | { refusal: unknown }> {
    stats.requests += 1;
    const number = stats.requests;
    try {
      const result = await span.span('request', { ...service, attempt: attempts + 1 }, async (sent) => {
        try {
          return await timed(attempt, signal);
        } catch (error) {
          if (signal?.aborted === true) sent.tell({ error: 'aborted' });
          else if (isTimeout(error)) sent.tell({ error: 'timeout' });
          throw error;
        }
      });
      failures.recordAnswer(number);
      return { result };
    } catch (error) {
      if (signal?.aborted === true) return { refusal: error };
      if (isOutage(error)) {
        if (failures.recordFailure(number)) throw error;
      } else failures.recordAnswer(number);
      return { refusal: error };
    }
  }

  async function once<Result>(within: Policies, attempted: Attempted<Result>): Promise<Result> {
    const { signal } = attempted;
    try {
      const call = within.bounded(() => request(within, attempted), signal);
      // The bulkhead checks the signal only when it has a free place.
      const outcome = await orAborted(call, signal);
      if ('refusal' in outcome) throw outcome.refusal;
      return outcome.result;
    } catch (error) {
      signal?.throwIfAborted();
      if (!within.isTimeout(error)) throw error;
      throw new IndexingError({
        code: 'service-unavailable',
        disposition: 'retry',
        message: `${dependency}${at} gave no answer within ${resolved.timeoutMs / 1000} s.`,
        details: { dependency },
      });
    }
  }

  function backoff(attempt: number, error: IndexingError): number {
    const ceiling = Math.min(backoffMs.longest, backoffMs.first * 2 ** (attempt - 1));
    const jittered = ceiling * (0.5 + random() / 2);
    return Math.max(jittered, error.retryAfterMs ?? 0);
  }

  async function attemptUntilDone<Result>(
    attempt: (signal: AbortSignal) => Promise<Result>,
    { signal, before }: RunOptions<Result>,
    span: Span,
  ): Promise<Result> {
    let deadline = clock.now() + resolved.deadlineMs;
    let last: IndexingError | undefined;
    const within = policies ?? (await loadPolicies());
    /** Failures of the kind that may happen only a few times. */
    let limited = 0;
    for (let attempts = 0; ;) {
      signal?.throwIfAborted();
      if (before !== undefined) {
        const from = clock.now();
        await before(signal);
        const delayMs = clock.now() - from;
        deadline += delayMs;
        if (delayMs > 0) span.event('rate-limit-waited', { dependency, delayMs });
      }
      let waitMs: number;
      let failure: IndexingError | undefined;
      try {
        return await once(within, { attempt, signal, span, attempts });
      } catch (error) {
        if (within.isBreakerOpen(error)) {
          waitMs = Math.max(within.openUntil() - clock.now(), 0) + random() * 0.1 * breakerOptions.openMs + 1;
        } else if (isIndexingError(error) && error.disposition === 'retry') {
          attempts += 1;
          failure = error;
          last = error;
          if (error.attemptsMax !== undefined) limited += 1;
          if (attempts >= resolved.attemptsMax || limited >= (error.attemptsMax ?? Infinity))
            throw gaveUp(error, `after ${times(attempts)}`);
          waitMs = backoff(attempts, error);
        } else throw error;
      }
      if (clock.now() + waitMs > deadline) {
        throw gaveUp(last, `within ${Math.round(resolved.deadlineMs / 1000)} s`);
      }
      stats.retries += 1;
      const reason = failure === undefined ? 'breaker-open' : failure.code;
      const retry = { dependency, attempt: attempts, delayMs: Math.round(waitMs), reason };
      logger.warn('retry-scheduled', {
        ...retry,
        // The first time, so that an address that is wrong is seen before the last try.
        ...(attempts === 1 && failure?.code === 'service-unavailable' ? { problem: failure.message } : {}),
      });
      span.event('retry', retry);
      telemetry.record('lockstep.retries', 1, { dependency, reason });
      await clock.sleep(waitMs, signal);
    }
  }

  return {
    stats: () => ({ ...stats }),
    run: (attempt, options_ = {}) => {
      const { kind, facts, told } = options_.call ?? NOTHING_KNOWN;
      return telemetry.span(kind, { ...service, ...facts }, async (span) => {
        calls.add(span);
        try {
          const result = await attemptUntilDone(attempt, options_, span);
          if (told !== undefined) span.tell(told(result));
          return result;
        } finally {
          calls.delete(span);
        }
      });
    },
  };

  function gaveUp(last: IndexingError | undefined, when: string): IndexingError {
    return new IndexingError({
      code: last?.code ?? 'deadline-exceeded',
      message: `${dependency} did not succeed ${when}${last === undefined ? '' : `: ${last.message}`}`,
      details: { ...last?.details, dependency },
      cause: last?.cause,
    });
  }
}

function times(attempts: number): string {
  return attempts === 1 ? '1 attempt' : `${attempts} attempts`;
}
