import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { LogFields } from '@lockstep/model';
import type { Permit } from './rate-limit-state.ts';
import { createRateLimiter, type RateLimiter, type RateLimiterOptions } from './rate-limiter.ts';

/** Time is faked: waits use timers that a test advances. */
beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const rateLimiterWith = (options: Partial<RateLimiterOptions> = {}): RateLimiter =>
  createRateLimiter({ dependency: 'openai', ...options });

/** 97 requests a minute; 16 of them at once. */
const HUNDRED = { requests: 100 };

/** Asks for several permits at once, and records which were given, and when. */
function ask(rateLimiter: RateLimiter, count: number, tokens = 1) {
  const start = Date.now();
  const through: { number: number; atMs: number; permit: Permit }[] = [];
  for (let number = 0; number < count; number += 1) {
    void rateLimiter.acquire(tokens).then((permit) => through.push({ number, atMs: Date.now() - start, permit }));
  }
  return through;
}

const answered = (headers: Record<string, string> = {}, tokens = 0) =>
  ({ kind: 'answered', headers: new Headers(headers), tokens }) as const;
const refused = (retryAfterMs: number) => ({ kind: 'refused', headers: undefined, retryAfterMs }) as const;

it('a rate limiter without known limits admits everything at once, and holds no timer', async () => {
  const rateLimiter = rateLimiterWith();
  const through = ask(rateLimiter, 50, 300_000);
  await vi.advanceTimersByTimeAsync(0);
  expect(through).toHaveLength(50);
  expect(rateLimiter.countsTokens()).toBe(false);
});

it('a rate limiter admits requests in the order of the calls', async () => {
  const through = ask(rateLimiterWith({ limits: HUNDRED }), 20);
  await vi.advanceTimersByTimeAsync(0);
  expect(through).toHaveLength(16);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(through.map(({ number }) => number)).toEqual(Array.from({ length: 20 }, (_, number) => number));
  expect(through.slice(16).map(({ atMs }) => Math.round(atMs / 100))).toEqual([5, 11, 18, 24]);
});

it('a rate limiter follows the limits that a reply reports', async () => {
  const rateLimiter = rateLimiterWith();
  const first = await rateLimiter.acquire(10_000);
  rateLimiter.report(
    first,
    answered({ 'x-ratelimit-limit-tokens': '100000', 'x-ratelimit-remaining-tokens': '23000' }, 10_000),
  );
  expect(rateLimiter.countsTokens()).toBe(true);
  const through = ask(rateLimiter, 3, 10_000);
  await vi.advanceTimersByTimeAsync(0);
  expect(through).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(6_200);
  expect(through).toHaveLength(3);
});

it('a refusal stops all callers together', async () => {
  const rateLimiter = rateLimiterWith();
  const [one, two] = [await rateLimiter.acquire(1), await rateLimiter.acquire(1)];
  rateLimiter.report(one, refused(5_000));
  const through = ask(rateLimiter, 4);
  await vi.advanceTimersByTimeAsync(4_000);
  rateLimiter.report(two, refused(9_000));
  await vi.advanceTimersByTimeAsync(8_999);
  expect(through).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(through.map(({ atMs }) => atMs)).toEqual([13_000, 13_000, 13_000, 13_000]);
});

it('a reply that does not say what was charged counts as the expected tokens', async () => {
  const rateLimiter = rateLimiterWith({ limits: { tokens: 100_000 } });
  rateLimiter.report(await rateLimiter.acquire(16_000), answered());
  const through = ask(rateLimiter, 1, 9_700);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(through).toEqual([]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(through).toHaveLength(1);
});

it('a failed request counts, and one that never went out does not', async () => {
  const rateLimiter = rateLimiterWith({ limits: HUNDRED });
  const first = ask(rateLimiter, 16);
  await vi.advanceTimersByTimeAsync(0);
  for (const { permit } of first) rateLimiter.report(permit, { kind: 'failed', headers: undefined });
  const second = ask(rateLimiter, 1);
  await vi.advanceTimersByTimeAsync(0);
  expect(second).toEqual([]);
  rateLimiter.report((first[0] as (typeof first)[number]).permit, { kind: 'unsent' });
  await vi.advanceTimersByTimeAsync(0);
  expect(second).toHaveLength(1);
});

it('an aborted signal ends the wait of its caller at once, and the others are served', async () => {
  const rateLimiter = rateLimiterWith();
  rateLimiter.report(await rateLimiter.acquire(1), refused(60_000));
  const controllers = [0, 1, 2].map(() => new AbortController());
  const outcomes: unknown[] = [];
  for (const [number, { signal }] of controllers.entries()) {
    rateLimiter.acquire(1, signal).then(
      () => outcomes.push(number),
      (reason: unknown) => outcomes.push(reason),
    );
  }
  await vi.advanceTimersByTimeAsync(1_000);
  controllers[0]?.abort('the first');
  controllers[1]?.abort('the second');
  await vi.advanceTimersByTimeAsync(0);
  expect(outcomes).toEqual(['the first', 'the second']);
  await vi.advanceTimersByTimeAsync(59_000);
  expect(outcomes).toEqual(['the first', 'the second', 2]);
});

it('no timer remains when the last caller leaves, and no listener at the signal of one that was admitted', async () => {
  const rateLimiter = rateLimiterWith();
  rateLimiter.report(await rateLimiter.acquire(1), refused(60_000));
  const controller = new AbortController();
  const left = [rateLimiter.acquire(1, controller.signal), rateLimiter.acquire(1, controller.signal)];
  await vi.advanceTimersByTimeAsync(0);
  expect(vi.getTimerCount()).toBe(1);
  controller.abort('stop');
  for (const call of left) await expect(call).rejects.toBe('stop');
  await vi.advanceTimersByTimeAsync(0);
  expect(vi.getTimerCount()).toBe(0);
  await expect(rateLimiter.acquire(1, AbortSignal.abort('early'))).rejects.toBe('early');

  await vi.advanceTimersByTimeAsync(60_000);
  const kept = new AbortController();
  const removed = vi.spyOn(kept.signal, 'removeEventListener');
  await rateLimiter.acquire(1, kept.signal);
  expect(removed).toHaveBeenCalledOnce();
});

it('a clock that is set back makes no wait longer by the difference', async () => {
  const rateLimiter = rateLimiterWith();
  rateLimiter.report(await rateLimiter.acquire(1), refused(5_000));
  const through = ask(rateLimiter, 1);
  vi.setSystemTime(Date.now() - 3_600_000);
  await vi.advanceTimersByTimeAsync(11_000);
  expect(through).toHaveLength(1);
});

it('a debt that lasts longer than the longest timer is waited for', async () => {
  const rateLimiter = rateLimiterWith({ limits: { tokens: 1 } });
  const controller = new AbortController();
  await rateLimiter.acquire(300_000);
  const second = rateLimiter.acquire(1, controller.signal);
  let done = false;
  second.then(
    () => (done = true),
    () => {},
  );
  await vi.advanceTimersByTimeAsync(120_000);
  expect(done).toBe(false);
  controller.abort();
  await vi.advanceTimersByTimeAsync(0);
});

it('a rate limiter logs once that limits hold requests back, and which', async () => {
  const events: [string, LogFields | undefined][] = [];
  const logger = { debug() {}, warn() {}, info: (event: string, fields?: LogFields) => events.push([event, fields]) };
  const rateLimiter = rateLimiterWith({ logger, limits: HUNDRED });
  ask(rateLimiter, 16);
  await vi.advanceTimersByTimeAsync(0);
  expect(events).toEqual([]);
  ask(rateLimiter, 5);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(events).toEqual([
    ['requests-paced', { dependency: 'openai', tokensPerMinute: undefined, requestsPerMinute: 100 }],
  ]);
});
