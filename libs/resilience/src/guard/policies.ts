import type * as Cockatiel from 'cockatiel';
import { isIndexingError } from '@lockstep/model';
import type { ConsecutiveFailures } from './consecutive-failures.ts';
import type { ResolvedGuardOptions } from './guard-options.ts';

/** The bulkhead, the circuit breaker and the timeout of one guard. */
export interface Policies {
  /** Runs a call when the bulkhead has a free place and the breaker lets it through. */
  bounded<Result>(call: () => Promise<Result>, signal?: AbortSignal): Promise<Result>;
  /** Runs an attempt; at the timeout its signal aborts, and the error is one that `isTimeout` knows. */
  timed<Result>(attempt: (signal: AbortSignal) => Promise<Result>, signal?: AbortSignal): Promise<Result>;
  /** When the breaker lets a probe through, by the guard's clock. 0 before it opened for the first time. */
  openUntil(): number;
  isBreakerOpen(error: unknown): boolean;
  isTimeout(error: unknown): boolean;
  /** Whether a failure says that the service is down. */
  isOutage(error: unknown): boolean;
}

/** What a circuit breaker has become. */
export type BreakerState = 'opened' | 'half-open' | 'closed';

/** Callers that may queue for a place; far more than the bounded stages have under way. */
const QUEUE_MAX = 10_000;

/**
 * Creates the policies of one guard.
 *
 * @param cockatiel the loaded module
 * @param options of the guard, with its count of failures, and what is called each time that the state of the breaker changes
 */
export function createPolicies(
  {
    BrokenCircuitError,
    bulkhead,
    circuitBreaker,
    CircuitState,
    DelegateBackoff,
    handleWhen,
    IsolatedCircuitError,
    TaskCancelledError,
    timeout,
    TimeoutStrategy,
    wrap,
  }: typeof Cockatiel,
  options: ResolvedGuardOptions & {
    readonly failures: ConsecutiveFailures;
    readonly onState: (state: BreakerState) => void;
  },
): Policies {
  const { dependency, clock, logger, failures } = options;
  let openForMs = 0;
  let openUntil = 0;

  const isTimeout = (error: unknown): boolean => error instanceof TaskCancelledError;
  const isOutage = (error: unknown): boolean =>
    isTimeout(error) ||
    (isIndexingError(error) &&
      error.disposition === 'retry' &&
      error.code !== 'rate-limited' &&
      error.attemptsMax === undefined);

  const breaker: Cockatiel.CircuitBreakerPolicy = circuitBreaker(handleWhen(isOutage), {
    halfOpenAfter: new DelegateBackoff(({ attempt }) => {
      openForMs = options.breaker.openMs * (attempt === 1 ? 1 : 2);
      return openForMs;
    }),
    breaker: {
      state: undefined,
      success: () => undefined,
      // A request that was sent before it opened and fails now neither opens it again nor hides the probe's result.
      failure: () => breaker.state === CircuitState.Closed && failures.count() >= options.breaker.failures,
    },
  });
  breaker.onBreak(() => {
    openUntil = clock.now() + openForMs;
    options.onState('opened');
    logger.warn('breaker-opened', { dependency, forMs: openForMs });
  });
  breaker.onHalfOpen(() => {
    options.onState('half-open');
    logger.info('breaker-half-open', { dependency });
  });
  breaker.onReset(() => {
    options.onState('closed');
    // A probe that its caller stopped closes the breaker too, and proves nothing: the next failure opens it.
    if (failures.count() === 0) logger.info('breaker-closed', { dependency });
  });
  const inBulkhead = wrap(bulkhead(options.concurrency, QUEUE_MAX), breaker);
  const inTime = timeout(options.timeoutMs, TimeoutStrategy.Aggressive);

  return {
    // Without a signal of the caller's, cockatiel takes one that it made when it loaded: in another request of a Worker.
    bounded: (call, signal = new AbortController().signal) => inBulkhead.execute(call, signal),
    timed: (attempt, signal) =>
      inTime.execute(async ({ signal: inner }) => {
        try {
          return await attempt(inner);
        } catch (error) {
          // An attempt that ends by its signal may be faster than the timeout's own error, with one of its client's.
          if (inner.aborted && signal?.aborted !== true) throw new TaskCancelledError();
          throw error;
        }
      }, signal),
    openUntil: () => openUntil,
    isBreakerOpen: (error) => error instanceof BrokenCircuitError || error instanceof IsolatedCircuitError,
    isTimeout,
    isOutage,
  };
}
