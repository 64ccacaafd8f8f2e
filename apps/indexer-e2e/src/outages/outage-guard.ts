import type { Clock } from '@lockstep/model';
import { createGuard, GUARD_DEFAULTS, type Guard, type GuardOptions } from '@lockstep/resilience';

/** A request that failed: when it went out, and when it was known to have failed. */
export interface FailedRequest {
  readonly sentAt: number;
  readonly failedAt: number;
}

/** A guard that writes down what it lets out, seen from inside all of its retries. */
export interface WatchedGuard extends Guard {
  /** Calls so far; each is one request where nothing fails. */
  calls(): number;
  /** In the order in which they failed, on the clock that the guard is watched by. */
  failed(): readonly FailedRequest[];
}

/** The guard's own times, so many times as fast; whatever the defaults become, this follows them. */
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

/** A real guard that is watched. */
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
