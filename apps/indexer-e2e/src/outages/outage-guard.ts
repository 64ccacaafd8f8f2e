import type { Clock } from '@lockstep/model';
import { createGuard, GUARD_DEFAULTS, type Guard, type GuardOptions } from '@lockstep/resilience';

/** A failed request: when it was sent, and when it failed. */
export interface FailedRequest {
  readonly sentAt: number;
  readonly failedAt: number;
}

/** A guard that records its requests, retries included. */
export interface WatchedGuard extends Guard {
  /** Calls so far; each is one request if nothing fails. */
  calls(): number;
  /** Failed requests in the order of their failures, with the times of `watch`. */
  failed(): readonly FailedRequest[];
}

/** The default times of a guard, divided by `speed`. */
export function fasterTimes(
  speed: number,
): Required<Pick<GuardOptions, 'timeoutMs' | 'deadlineMs' | 'backoffMs' | 'breaker'>> {
  const { timeoutMs, deadlineMs, backoffMs, breaker } = GUARD_DEFAULTS;
  return {
    timeoutMs: timeoutMs / speed,
    deadlineMs: deadlineMs / speed,
    backoffMs: { first: backoffMs.first / speed, longest: backoffMs.longest / speed },
    breaker: { ...breaker, openMs: breaker.openMs / speed },
  };
}

/** A real guard whose requests are recorded. */
export function watchedGuard(options: GuardOptions, watch: Pick<Clock, 'now'>): WatchedGuard {
  const guard = createGuard(options);
  const failed: FailedRequest[] = [];
  let calls = 0;
  return {
    run(attempt, runOptions) {
      calls += 1;
      return guard.run(async (signal) => {
        const sentAt = watch.now();
        try {
          return await attempt(signal);
        } catch (error) {
          failed.push({ sentAt, failedAt: watch.now() });
          throw error;
        }
      }, runOptions);
    },
    stats: () => guard.stats(),
    calls: () => calls,
    failed: () => failed,
  };
}
