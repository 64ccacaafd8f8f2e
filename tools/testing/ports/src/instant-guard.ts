import { createGuard, type Guard, type GuardOptions } from '@lockstep/resilience';

/** A guard that does not wait, and records how long it would have waited. */
export interface InstantGuard {
  readonly guard: Guard;
  /** Every wait between attempts so far, in milliseconds, in order. */
  readonly waitsMs: readonly number[];
}

/**
 * The real guard on a simulated clock: waits are recorded and end at once. There is no jitter, and the backoff is half a
 * millisecond, then one, so that a longer wait is one that a service asked for. The breaker stays closed.
 */
export function createInstantGuard(
  dependency: GuardOptions['dependency'],
  options: Partial<GuardOptions> = {},
): InstantGuard {
  const waitsMs: number[] = [];
  let now = 0;
  const guard = createGuard({
    dependency,
    attemptsMax: 3,
    backoffMs: { first: 1, longest: 2 },
    breaker: { failures: 1_000_000, openMs: 1 },
    random: () => 0,
    clock: {
      now: () => now,
      sleep: (ms) => {
        waitsMs.push(ms);
        now += ms;
        return Promise.resolve();
      },
    },
    ...options,
  });
  return { guard, waitsMs };
}
