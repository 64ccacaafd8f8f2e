import { SILENT, type Clock, type Dependency, type Logger } from '@lockstep/model';
import { admit, learn, refused, seed, settle, withdraw, type MinuteLimits, type Ticket } from './governor.ts';
import { parseRateLimits } from './rate-limit-headers.ts';
import { SYSTEM_CLOCK } from './system-clock.ts';

export interface PacerOptions {
  /** For messages. */
  readonly dependency: Dependency;
  /** What is known beforehand; the lower one holds where the service tells limits too. */
  readonly limits?: MinuteLimits;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** What became of a request that was let through. */
export type Outcome =
  /** A good reply; `tokens` is what it says was charged, 0 where it does not say. */
  | { readonly kind: 'answered'; readonly headers: Headers; readonly tokens: number }
  /** Status 429 for going too fast. */
  | { readonly kind: 'refused'; readonly headers: Headers | undefined; readonly retryAfterMs: number | undefined }
  /** Any other failure; it counts as spent, since the service may have counted it. */
  | { readonly kind: 'failed'; readonly headers: Headers | undefined }
  /** It never went out. */
  | { readonly kind: 'unsent' };

/** Holds requests back so that they keep within the limits of a service; one for all that go to it. */
export interface Pacer {
  /**
   * Waits until a request of about so many tokens may go out, in the order of the calls. Rejects at once with the
   * signal's reason when it aborts. Each ticket is to be given back to `told`, once.
   */
  acquire(tokens: number, signal?: AbortSignal): Promise<Ticket>;
  told(ticket: Ticket, outcome: Outcome): void;
  /** Whether a limit of tokens is known, so that counting them is worth while. */
  countsTokens(): boolean;
}

/** Timers overflow at 24 days, and a debt under a small limit can be longer; it is looked at again after this. */
const SLEEP_MS_MAX = 60_000;

interface Waiter {
  readonly tokens: number;
  readonly letThrough: (ticket: Ticket) => void;
}

/** A governor with a clock and a queue. It holds a timer only while somebody waits. */
export function createPacer({ dependency, limits = {}, clock = SYSTEM_CLOCK, logger = SILENT }: PacerOptions): Pacer {
  const now = steady(clock);
  const queue: Waiter[] = [];
  let state = seed(limits, now());
  let wake: AbortController | undefined;
  let pumping = false;
  let toldOfWaiting = false;

  async function pump(): Promise<void> {
    pumping = true;
    for (let head = queue[0]; head !== undefined; head = queue[0]) {
      const decision = admit(state, now(), head);
      state = decision.state;
      if (decision.ticket !== undefined) {
        queue.shift();
        head.letThrough(decision.ticket);
        continue;
      }
      tellOfWaiting();
      wake = new AbortController();
      // Woken by a reply or by a waiter that left: both may change what there is to wait for.
      await clock.sleep(Math.min(decision.waitMs, SLEEP_MS_MAX), wake.signal).catch(() => {});
    }
    pumping = false;
  }

  function tellOfWaiting(): void {
    const { tokens, requests } = state;
    if (toldOfWaiting || (tokens.limit ?? requests.limit) === undefined) return;
    toldOfWaiting = true;
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
          letThrough(ticket) {
            signal?.removeEventListener('abort', leave);
            resolve(ticket);
          },
        };
        signal?.addEventListener('abort', leave, { once: true });
        queue.push(waiter);
        if (!pumping) void pump();
      }),
    told(ticket, outcome) {
      if (outcome.kind === 'unsent') state = withdraw(state, now(), ticket);
      else {
        const told = parseRateLimits(outcome.headers ?? new Headers());
        if (outcome.kind === 'refused') {
          const { retryAfterMs } = outcome;
          state = refused(state, now(), ticket, { retryAfterMs, told });
        } else {
          if (outcome.kind === 'answered') state = settle(state, now(), ticket, outcome.tokens || ticket.tokens);
          state = learn(state, now(), ticket, told);
        }
      }
      wake?.abort();
    },
  };
}

/** Milliseconds that only grow: a clock that is set back stands still for the moment, and nobody waits the difference. */
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
