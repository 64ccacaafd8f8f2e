import {
  IndexingError,
  NO_TELEMETRY,
  SILENT,
  type Clock,
  type Dependency,
  type Logger,
  type Telemetry,
} from '@lockstep/model';
import { SYSTEM_CLOCK } from '../system-clock.ts';

export interface GuardOptions {
  /** The service; `input` is the server of an input that is an address. */
  readonly dependency: Dependency | 'input';
  /** Host and port of the service, for messages. @default they name none */
  readonly server?: string | undefined;
  /** How long one attempt may take, in milliseconds. @default 60_000 */
  readonly timeoutMs?: number;
  /** Calls that may be under way at once. @default 4 */
  readonly concurrency?: number;
  /** Requests that one call may send. @default 16 */
  readonly attemptsMax?: number;
  /** How long one call may take with all its waits, in milliseconds. @default 600_000 */
  readonly deadlineMs?: number;
  /** First and longest wait between attempts, in milliseconds. @default { first: 500, longest: 20_000 } */
  readonly backoffMs?: { readonly first: number; readonly longest: number };
  /**
   * Failures in a row that open the breaker, and how long it then stays open, in milliseconds; twice as long each time
   * that a probe failed. @default { failures: 5, openMs: 5_000 }
   */
  readonly breaker?: { readonly failures: number; readonly openMs: number };
  /** @default SYSTEM_CLOCK */
  readonly clock?: Clock;
  /** @default SILENT */
  readonly logger?: Logger;
  /** Receives a span for each call and each of its requests. @default NO_TELEMETRY */
  readonly telemetry?: Telemetry;
  /** Numbers from 0 to 1, for jitter. @default Math.random */
  readonly random?: () => number;
}

/** Every option set. */
export type ResolvedGuardOptions = Required<Omit<GuardOptions, 'server'>>;

/** Default values, each with its reason. */
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
   * An outage of 30 s gets 5 requests, then those under way, at most 7 of 8 callers, then probes after 5, 15 and 25 s: 15
   * in all, whatever the jitter (`guard.test.ts`).
   */
  breaker: { failures: 5, openMs: 5_000 },
} as const;

/** Fills in the defaults. Throws `config-invalid` for a bound below 1. */
export function resolveGuardOptions(options: GuardOptions): ResolvedGuardOptions {
  const resolved: ResolvedGuardOptions = Object.freeze({
    ...GUARD_DEFAULTS,
    clock: SYSTEM_CLOCK,
    logger: SILENT,
    telemetry: NO_TELEMETRY,
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
