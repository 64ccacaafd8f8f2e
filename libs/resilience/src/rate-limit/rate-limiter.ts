import { SILENT, type Clock, type Dependency, type Logger } from '@lockstep/model';
import { SYSTEM_CLOCK } from '../system-clock.ts';
import { parseRateLimits } from './rate-limit-headers.ts';
import {
  admit,
  applyRefusal,
  applyReport,
  createRateLimitState,
  refund,
  settle,
  type MinuteLimits,
  type Permit,
} from './rate-limit-state.ts';

export interface RateLimiterOptions {
  /** Named in log events. */
  readonly dependency: Dependency;
  /** Limits that are known beforehand; where the service reports limits too, the lower ones apply. @default {} */
  readonly limits?: MinuteLimits;
  /** @default SYSTEM_CLOCK */
  readonly clock?: Clock;
  /** @default SILENT */
  readonly logger?: Logger;
}

/** What became of a request that was admitted. */
export type RequestOutcome =
  /** A good reply; `tokens` is what it says was charged, 0 where it does not say. */
  | { readonly kind: 'answered'; readonly headers: Headers; readonly tokens: number }
  /** Status 429 for going too fast. */
  | { readonly kind: 'refused'; readonly headers: Headers | undefined; readonly retryAfterMs: number | undefined }
  /** Any other failure; it counts as spent, since the service may have counted it. */
  | { readonly kind: 'failed'; readonly headers: Headers | undefined }
  /** It never went out. */
  | { readonly kind: 'unsent' };

/** Holds requests back so that they keep within the limits of a service; one for all callers of that service. */
export interface RateLimiter {
  /**
   * Waits until a request of about so many tokens may go out; requests are admitted in the order of the calls. Rejects
   * at once with the signal's reason when it aborts. Report the outcome of each permit once.
   */
  acquire(tokens: number, signal?: AbortSignal): Promise<Permit>;
  /** Takes in what became of an admitted request. */
  report(permit: Permit, outcome: RequestOutcome): void;
  /** Whether a limit of tokens is known, so that counting them is worth while. */
  countsTokens(): boolean;
}

/** Timers overflow at 24 days, and a debt under a small limit can last longer; the wait is checked again after this. */
const SLEEP_MS_MAX = 60_000;

interface Waiter {
  readonly tokens: number;
  readonly letThrough: (permit: Permit) => void;
}

/** The rate-limit state with a clock and a queue. It holds a timer only while somebody waits. */
export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { dependency, limits = {}, clock = SYSTEM_CLOCK, logger = SILENT } = options;
  const now = steady(clock);
  const queue: Waiter[] = [];
  let state = createRateLimitState(limits, now());
  let wake: AbortController | undefined;
  let draining = false;
  let waitingLogged = false;

  async function drain(): Promise<void> {
    draining = true;
    for (let head = queue[0]; head !== undefined; head = queue[0]) {
      const decision = admit(state, now(), head);
      state = decision.state;
      if (decision.permit !== undefined) {
        queue.shift();
        head.letThrough(decision.permit);
        continue;
      }
      logWaiting();
      wake = new AbortController();
      // A report and a waiter that leaves end the sleep: both may change how long to wait.
      await clock.sleep(Math.min(decision.waitMs, SLEEP_MS_MAX), wake.signal).catch(() => {});
    }
    draining = false;
  }

  function logWaiting(): void {
    const { tokens, requests } = state;
    if (waitingLogged || (tokens.limit ?? requests.limit) === undefined) return;
    waitingLogged = true;
    logger.info('requests-paced', { dependency, tokensPerMinute: tokens.limit, requestsPerMinute: requests.limit });
  }

  return {
    countsTokens: () => state.tokens.limit !== undefined,
    acquire: (tokens, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason);
        const leave = (): void => {
          queue.splice(queue.indexOf(waiter), 1);
          reject(signal?.reason);
          wake?.abort();
        };
        const waiter: Waiter = {
          tokens,
          letThrough(permit) {
            signal?.removeEventListener('abort', leave);
            resolve(permit);
          },
        };
        signal?.addEventListener('abort', leave, { once: true });
        queue.push(waiter);
        if (!draining) void drain();
      }),
    report(permit, outcome) {
      if (outcome.kind === 'unsent') state = refund(state, now(), permit);
      else {
        const reported = parseRateLimits(outcome.headers ?? new Headers());
        if (outcome.kind === 'refused') {
          const { retryAfterMs } = outcome;
          state = applyRefusal(state, now(), permit, { retryAfterMs, reported });
        } else {
          if (outcome.kind === 'answered') state = settle(state, now(), permit, outcome.tokens || permit.tokens);
          state = applyReport(state, now(), permit, reported);
        }
      }
      wake?.abort();
    },
  };
}

/** Milliseconds that never go back: while a clock is set back they stand still, and nobody waits for the difference. */
function steady(clock: Clock): () => number {
  let seen = clock.now();
  let elapsed = 0;
  return () => {
    const now = clock.now();
    elapsed += Math.max(0, now - seen);
    seen = now;
    return elapsed;
  };
}
