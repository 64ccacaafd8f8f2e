import { IndexingError, SILENT, type Clock, type Dependency, type Logger } from '@lockstep/model';
import { SYSTEM_CLOCK } from './system-clock.ts';

export interface GuardOptions {
  readonly dependency: Dependency;
  /** One attempt may take this long, in milliseconds. */
  readonly timeoutMs?: number;
  /** Calls that may be under way at once. */
  readonly concurrency?: number;
  /** Requests that one call may put on the wire. */
  readonly attemptsMax?: number;
  /** One call may take this long with all its waits, in milliseconds. */
  readonly deadlineMs?: number;
  /** First and longest wait between attempts, in milliseconds. */
  readonly backoffMs?: { readonly first: number; readonly longest: number };
  /**
   * Failures in a row that open the breaker, and for how many milliseconds it then stays open; for twice as long each
   * time that a probe failed.
   */
  readonly breaker?: { readonly failures: number; readonly openMs: number };
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** 0 to 1, for jitter. */
  readonly random?: () => number;
}

export type ResolvedGuardOptions = Required<GuardOptions>;

/** What holds where a caller says nothing, each with its reason. */
export const GUARD_DEFAULTS = {
  /** Longer than a full embedding request takes; a shorter one pays twice for a slow server. */
  timeoutMs: 60_000,
  /** Enough to hide the latency of a remote service; more only queues there. */
  concurrency: 4,
  /** Their waits add up to three to four minutes: longer than a rate-limit window, and than most outages. */
  attemptsMax: 16,
  /** Longer than usual restarts and cold starts. */
  deadlineMs: 600_000,
  backoffMs: { first: 500, longest: 20_000 },
  /**
   * An outage of 30 s gets 5 requests, then those that are under way, 7 of 8 lanes at most, then probes after 5, 15 and
   * 25 s: 15 in all, whatever the jitter (`guard.test.ts`).
   */
  breaker: { failures: 5, openMs: 5_000 },
} as const;

export function resolveGuardOptions(options: GuardOptions): ResolvedGuardOptions {
  const resolved: ResolvedGuardOptions = Object.freeze({
    ...GUARD_DEFAULTS,
    clock: SYSTEM_CLOCK,
    logger: SILENT,
    random: Math.random,
    ...options,
  });
  for (const name of ['timeoutMs', 'concurrency', 'attemptsMax', 'deadlineMs'] as const) {
    if (!(resolved[name] >= 1)) {
      throw new IndexingError({
        code: 'config-invalid',
        message: `Expected ${name} of at least 1, found ${resolved[name]}.`,
      });
    }
  }
  return resolved;
}
