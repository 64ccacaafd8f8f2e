import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { IndexingError, isIndexingError, type IndexingError as Failure } from '@lockstep/model';
import { createGuard } from './guard.ts';
import type { GuardOptions } from './guard-options.ts';

const unavailable = (retryAfterMs?: number): Failure =>
  new IndexingError({
    code: 'service-unavailable',
    disposition: 'retry',
    message: 'down',
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
const rateLimited = (retryAfterMs = 100): Failure =>
  new IndexingError({ code: 'rate-limited', disposition: 'retry', message: 'slow down', retryAfterMs });

// A guard's first call loads it from the disk, which no faked timer waits for.
beforeAll(() => import('cockatiel'));

/** Time is faked: waits, the timeout and the breaker all use timers that a test advances. */
beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const guardOf = (options: Partial<GuardOptions> = {}) =>
  createGuard({
    dependency: 'qdrant',
    timeoutMs: 1_000,
    concurrency: 4,
    attemptsMax: 4,
    deadlineMs: 60_000,
    backoffMs: { first: 100, longest: 1_000 },
    breaker: { failures: 3, openMs: 5_000 },
    random: () => 1,
    ...options,
  });

/** What became of a call, without leaving a rejection unhandled. */
function watch<Result>(call: Promise<Result>): { readonly outcome: () => unknown; readonly afterMs: () => number } {
  const start = Date.now();
  let outcome: unknown = 'under way';
  let end = Number.NaN;
  const settle = (value: unknown): void => {
    outcome = value;
    end = Date.now() - start;
  };
  call.then(settle, settle);
  return { outcome: () => outcome, afterMs: () => end };
}

/** An attempt that records when it was called, and answers by script; the last step repeats. */
function scripted(...steps: readonly (unknown | (() => unknown))[]) {
  const start = Date.now();
  const atMs: number[] = [];
  const attempt = async (): Promise<unknown> => {
    const step = steps[Math.min(atMs.length, steps.length - 1)];
    atMs.push(Date.now() - start);
    const value: unknown = typeof step === 'function' ? (step as () => unknown)() : step;
    if (value instanceof Error) throw value;
    return value;
  };
  return { attempt, atMs };
}

const hanging = (): Promise<never> => new Promise(() => {});

describe('a failure that may happen only a few times', () => {
  const page = (): IndexingError =>
    new IndexingError({ code: 'response-invalid', disposition: 'retry', attemptsMax: 2, message: 'A page.' });

  it('ends the call sooner than an outage, and does not open the breaker', async () => {
    const guard = guardOf({ attemptsMax: 9, breaker: { failures: 2, openMs: 5_000 } });
    const { attempt, atMs } = scripted(page);
    const call = watch(guard.run(attempt));
    await vi.runAllTimersAsync();
    expect(call.outcome()).toMatchObject({
      code: 'response-invalid',
      message: expect.stringContaining('after 2 attempts'),
    });
    expect(atMs).toEqual([0, 100]);
    expect(guard.stats().breakerOpened).toBe(0);
  });

  it('does not use up the tries of an outage, nor the outage its tries', async () => {
    const down = new IndexingError({ code: 'service-unavailable', disposition: 'retry', message: 'Down.' });
    const { attempt, atMs } = scripted(down, page, down, 'done');
    const call = watch(guardOf({ breaker: { failures: 9, openMs: 5_000 } }).run(attempt));
    await vi.runAllTimersAsync();
    expect(call.outcome()).toBe('done');
    expect(atMs).toHaveLength(4);
  });
});

describe('retries of a guard', () => {
  it('a guard calls an attempt that succeeds once', async () => {
    const guard = guardOf();
    const { attempt, atMs } = scripted('done');
    expect(await guard.run(attempt)).toBe('done');
    expect(atMs).toEqual([0]);
    expect(guard.stats()).toEqual({ requests: 1, retries: 0, breakerOpened: 0 });
  });

  it('a guard retries failures of disposition retry, with waits that double up to the longest', async () => {
    const guard = guardOf({
      attemptsMax: 7,
      backoffMs: { first: 100, longest: 500 },
      breaker: { failures: 99, openMs: 1 },
    });
    const failures = Array.from({ length: 6 }, () => unavailable());
    const { attempt, atMs } = scripted(...failures, 'done');
    const call = watch(guard.run(attempt));
    await vi.runAllTimersAsync();
    expect(call.outcome()).toBe('done');
    expect(atMs).toEqual([0, 100, 300, 700, 1_200, 1_700, 2_200]);
    expect(guard.stats()).toMatchObject({ requests: 7, retries: 6 });
  });

  it('jitter shortens a wait to half of it at most', async () => {
    const { attempt, atMs } = scripted(unavailable(), 'done');
    const call = watch(guardOf({ random: () => 0 }).run(attempt));
    await vi.runAllTimersAsync();
    expect([call.outcome(), atMs]).toEqual(['done', [0, 50]]);
  });

  it.each([
    ['abort', new IndexingError({ code: 'request-refused', message: 'm' })],
    ['reject', new IndexingError({ code: 'request-refused', disposition: 'reject', message: 'm' })],
    ['unknown', new TypeError('m')],
  ])('a guard retries no failure of disposition %s, and throws it unchanged', async (_what, error) => {
    const guard = guardOf();
    const { attempt, atMs } = scripted(error);
    await expect(guard.run(attempt)).rejects.toBe(error);
    expect(atMs).toEqual([0]);
  });

  it('a guard retries no sooner than Retry-After says', async () => {
    const { attempt, atMs } = scripted(unavailable(7_000), unavailable(10), 'done');
    const call = watch(guardOf().run(attempt));
    await vi.runAllTimersAsync();
    expect(call.outcome()).toBe('done');
    // The second wait is the guard's own backoff, which is longer than the service asked for.
    expect(atMs).toEqual([0, 7_000, 7_200]);
  });

  it('a guard stops at attemptsMax, and its error says how often it tried and why it failed', async () => {
    const guard = guardOf({ breaker: { failures: 99, openMs: 1 } });
    const { attempt, atMs } = scripted(unavailable());
    const call = watch(guard.run(attempt));
    await vi.runAllTimersAsync();
    expect(call.outcome()).toMatchObject({
      code: 'service-unavailable',
      disposition: 'abort',
      message: expect.stringMatching(/qdrant.*4 attempts.*down/),
      details: { dependency: 'qdrant' },
    });
    expect(atMs).toHaveLength(4);
  });

  it('a guard begins no wait that would end after its deadline', async () => {
    const { attempt, atMs } = scripted(unavailable(50_000));
    const call = watch(guardOf({ deadlineMs: 60_000 }).run(attempt));
    await vi.runAllTimersAsync();
    expect(call.outcome()).toMatchObject({ code: 'service-unavailable', message: expect.stringContaining('60 s') });
    expect([atMs, call.afterMs()]).toEqual([[0, 50_000], 50_000]);
  });
});

describe('the timeout of a guard', () => {
  it('the timeout aborts the signal of one attempt, and the next attempt is made', async () => {
    const guard = guardOf();
    const reasons: boolean[] = [];
    let number = 0;
    const call = watch(
      guard.run((signal) => {
        number += 1;
        if (number === 2) return Promise.resolve('done');
        signal.addEventListener('abort', () => reasons.push(signal.aborted));
        return hanging();
      }),
    );
    await vi.advanceTimersByTimeAsync(999);
    expect(reasons).toEqual([]);
    await vi.runAllTimersAsync();
    expect([call.outcome(), call.afterMs(), reasons]).toEqual(['done', 1_100, [true]]);
  });

  it('an attempt that fails with the reason of its signal at once is one that gave no answer, and is made again', async () => {
    let attempts = 0;
    const call = watch(
      guardOf().run((signal) => {
        attempts += 1;
        if (attempts === 2) return Promise.resolve('answered');
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        });
      }),
    );
    await vi.advanceTimersByTimeAsync(2_000);
    expect(call.outcome()).toBe('answered');
  });

  it('a timeout counts as a failure for the breaker', async () => {
    const guard = guardOf({ attemptsMax: 3 });
    const call = watch(guard.run(hanging));
    await vi.runAllTimersAsync();
    expect(call.outcome()).toMatchObject({ code: 'service-unavailable', message: expect.stringContaining('1 s') });
    expect(guard.stats()).toMatchObject({ requests: 3, breakerOpened: 1 });
  });
});

describe('the breaker of a guard', () => {
  it('the breaker opens after failures in a row, makes callers wait until it is half open without using attempts, and logs each change', async () => {
    const events: unknown[] = [];
    const log = (event: string, fields?: object): void => {
      if (event.startsWith('breaker-')) events.push([event, fields]);
    };
    const guard = guardOf({ attemptsMax: 4, logger: { debug() {}, info: log, warn: log } });
    let down = true;
    const attempt = async (): Promise<string> => {
      if (down) throw unavailable();
      return 'done';
    };
    const first = watch(guard.run(attempt));
    await vi.advanceTimersByTimeAsync(300);
    expect(guard.stats()).toMatchObject({ requests: 3, breakerOpened: 1 });
    const others = Array.from({ length: 3 }, () => watch(guard.run(attempt)));
    await vi.advanceTimersByTimeAsync(4_999);
    // Open: nothing reaches the service, whoever asks.
    expect(guard.stats().requests).toBe(3);
    down = false;
    await vi.runAllTimersAsync();
    expect([first, ...others].map((call) => call.outcome())).toEqual(['done', 'done', 'done', 'done']);
    expect(guard.stats().requests).toBe(7);
    expect(events).toEqual([
      ['breaker-opened', { dependency: 'qdrant', forMs: 5_000 }],
      ['breaker-half-open', { dependency: 'qdrant' }],
      ['breaker-closed', { dependency: 'qdrant' }],
    ]);
  });

  it('a guard loses no call in an outage that is longer than all attempts, and sends fewer than 20 requests into it', async () => {
    const guard = guardOf({ attemptsMax: 12, deadlineMs: 600_000, random: () => 0.5 });
    const endMs = Date.now() + 30_000;
    const jobs = Array.from({ length: 40 }, () =>
      watch(
        guard.run(async () => {
          if (Date.now() < endMs) throw unavailable();
          return 'done';
        }),
      ),
    );
    await vi.runAllTimersAsync();
    expect(jobs.filter((job) => job.outcome() === 'done')).toHaveLength(40);
    expect(guard.stats().requests - 40).toBeLessThan(20);
  });

  // Requests that were sent before the outage are answered during it, and many are under way when the breaker opens.
  const ANSWER_TIMES: Readonly<Record<string, (at: { sent: number; lane: number; outageMs: number }) => number>> = {
    'times of all lengths': ({ sent }) => [60, 2_300, 700, 3_100, 1_500][sent % 5] as number,
    'long times on all lanes but one until the breaker opens': ({ lane, outageMs }) =>
      lane === 0 || outageMs > 4_000 ? 60 : 4_000,
  };

  describe.each(Object.entries(ANSWER_TIMES))('answers with %s', (which, answerMs) => {
    it.each([0, 1].flatMap((jitter) => [1, 2, 8].map((lanes) => ({ jitter, lanes }))))(
      `the breaker lets at most 15 requests into an outage of 30 s and notices its end soon: ${which}, lanes: $lanes, jitter: $jitter`,
      async ({ jitter, lanes }) => {
        const guard = createGuard({ dependency: 'openai', concurrency: lanes, random: () => jitter });
        const fromMs = Date.now() + 3_000;
        const endMs = fromMs + 30_000;
        const sentMs: number[] = [];
        let recoveredMs = Infinity;
        const lane = async (_: unknown, number: number): Promise<void> => {
          while (Date.now() < endMs + 30_000) {
            await guard.run(async () => {
              const now = Date.now();
              sentMs.push(now);
              await new Promise((resolve) =>
                setTimeout(resolve, answerMs({ sent: sentMs.length, lane: number, outageMs: now - fromMs })),
              );
              if (now >= fromMs && now < endMs) throw unavailable();
              if (now >= endMs) recoveredMs = Math.min(recoveredMs, now);
            });
          }
        };
        const end = watch(Promise.all(Array.from({ length: lanes }, lane)));
        await vi.runAllTimersAsync();
        expect(end.outcome()).toHaveLength(lanes);
        const sent = sentMs.filter((at) => at >= fromMs && at < endMs);
        expect(sent.length).toBeGreaterThan(4);
        expect(sent.length).toBeLessThanOrEqual(15);
        // A single lane waits out its last backoff, which is at most 20 s.
        expect(recoveredMs - endMs).toBeLessThanOrEqual(lanes === 1 ? 20_000 : 11_000);
      },
    );
  });

  it.each([
    ['while the probe is under way', 6_000],
    ['after the probe was answered', 8_000],
  ])(
    'the breaker is not opened again by a request that was sent before it opened and fails %s',
    async (_when, afterMs) => {
      const guard = guardOf({ timeoutMs: 60_000, breaker: { failures: 1, openMs: 5_000 } });
      const later = (ms: number, value: unknown) => (): Promise<unknown> =>
        new Promise((resolve, reject) =>
          setTimeout(() => (value instanceof Error ? reject(value) : resolve(value)), ms),
        );
      const slow = watch(guard.run(scripted(later(afterMs, unavailable()), 'slow').attempt));
      const fast = watch(guard.run(scripted(unavailable(), later(1_500, 'fast')).attempt));
      await vi.runAllTimersAsync();
      expect([slow.outcome(), fast.outcome(), guard.stats().breakerOpened]).toEqual(['slow', 'fast', 1]);
      expect(fast.afterMs()).toBeLessThanOrEqual(7_100);
    },
  );

  it('the breaker stays open for twice as long after a failed probe', async () => {
    const guard = guardOf({ breaker: { failures: 1, openMs: 5_000 }, attemptsMax: 9, random: () => 0 });
    const { attempt, atMs } = scripted(
      ...Array.from({ length: 3 }, () => unavailable()),
      'done',
      unavailable(),
      'done',
    );
    for (const _call of [1, 2]) {
      watch(guard.run(attempt));
      await vi.runAllTimersAsync();
    }
    // After it closed, the times start from the beginning.
    const waitsMs = atMs.map((at, number) => at - (atMs[number - 1] ?? 0));
    expect(waitsMs.map((ms) => Math.round(ms / 1_000))).toEqual([0, 5, 10, 10, 0, 5]);
  });

  it('a half-open breaker lets one probe through, and the other calls only after it succeeds', async () => {
    const guard = guardOf({ breaker: { failures: 1, openMs: 5_000 } });
    const pending: ((value: string) => void)[] = [];
    let down = true;
    const attempt = (): Promise<string> => {
      if (down) return Promise.reject(unavailable());
      return new Promise((resolve) => pending.push(resolve));
    };
    const calls = [watch(guard.run(attempt))];
    await vi.advanceTimersByTimeAsync(0);
    down = false;
    calls.push(...Array.from({ length: 5 }, () => watch(guard.run(attempt))));
    await vi.advanceTimersByTimeAsync(5_502);
    expect(pending).toHaveLength(1);
    pending.shift()?.('probe');
    await vi.advanceTimersByTimeAsync(900);
    expect(pending.length).toBeGreaterThan(1);
    expect(pending.length).toBeLessThanOrEqual(4);
    while (calls.some((call) => call.outcome() === 'under way')) {
      for (const resolve of pending.splice(0)) resolve('done');
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(calls.map((call) => call.outcome()).toSorted()).toEqual(['done', 'done', 'done', 'done', 'done', 'probe']);
  });

  it('the breaker stays closed under rate limits and refusals', async () => {
    const guard = guardOf({ attemptsMax: 20, breaker: { failures: 2, openMs: 5_000 } });
    const limited = watch(guard.run(scripted(...Array.from({ length: 10 }, () => rateLimited()), 'done').attempt));
    await vi.runAllTimersAsync();
    expect(limited.outcome()).toBe('done');
    for (let number = 0; number < 5; number += 1) {
      await guard.run(scripted(new IndexingError({ code: 'request-refused', message: 'm' })).attempt).catch(() => {});
    }
    expect(guard.stats()).toEqual({ requests: 16, retries: 10, breakerOpened: 0 });
  });

  it('the breaker restarts its count of failures after any answer, since the service is up', async () => {
    const guard = guardOf({ attemptsMax: 20, breaker: { failures: 2, openMs: 5_000 } });
    const refused = new IndexingError({ code: 'request-refused', message: 'm' });
    for (const answer of [refused, rateLimited(), refused]) {
      watch(guard.run(scripted(answer, 'done').attempt));
      await vi.runAllTimersAsync();
      const call = watch(guard.run(scripted(unavailable(), 'done').attempt));
      await vi.runAllTimersAsync();
      expect(call.outcome()).toBe('done');
    }
    const alternating = Array.from({ length: 6 }, (_, at) => (at % 2 === 0 ? unavailable() : rateLimited()));
    const call = watch(guard.run(scripted(...alternating, 'done').attempt));
    await vi.runAllTimersAsync();
    expect(call.outcome()).toBe('done');
    expect(guard.stats().breakerOpened).toBe(0);
  });

  it('a guard gives up at its deadline when the breaker never closes', async () => {
    const guard = guardOf({ deadlineMs: 12_000, breaker: { failures: 1, openMs: 5_000 }, attemptsMax: 99 });
    const call = watch(guard.run(scripted(unavailable()).attempt));
    await vi.runAllTimersAsync();
    expect(isIndexingError(call.outcome())).toBe(true);
    expect(call.outcome()).toMatchObject({ disposition: 'abort', message: expect.stringContaining('12 s') });
    expect(call.afterMs()).toBeLessThanOrEqual(12_000);
  });
});

describe('aborting a guarded call', () => {
  it('a call whose signal is aborted already sends no request', async () => {
    const guard = guardOf();
    const reason = new Error('stop');
    await expect(guard.run(scripted('done').attempt, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(guard.stats().requests).toBe(0);
  });

  it.each([
    ['between attempts', [unavailable(50_000)], 1],
    ['for an open breaker', [unavailable(), unavailable(), unavailable()], 3],
  ])('aborting ends a wait %s at once, with the reason of the signal', async (_what, steps, requests) => {
    const guard = guardOf();
    const controller = new AbortController();
    const reason = new Error('stop');
    const call = watch(guard.run(scripted(...steps).attempt, { signal: controller.signal }));
    await vi.advanceTimersByTimeAsync(1_000);
    expect([call.outcome(), guard.stats().requests]).toEqual(['under way', requests]);
    controller.abort(reason);
    await vi.advanceTimersByTimeAsync(0);
    expect([call.outcome(), call.afterMs()]).toEqual([reason, 1_000]);
  });

  it('aborting ends an attempt through its signal, and does not count as a timeout', async () => {
    const controller = new AbortController();
    const reason = new Error('stop');
    let inner: AbortSignal | undefined;
    const call = watch(
      guardOf().run(
        (signal) => {
          inner = signal;
          return new Promise<never>((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(new Error('cut')), { once: true });
          });
        },
        { signal: controller.signal },
      ),
    );
    await vi.advanceTimersByTimeAsync(10);
    controller.abort(reason);
    await vi.advanceTimersByTimeAsync(0);
    expect([inner?.aborted, call.outcome()]).toEqual([true, reason]);
  });

  it('aborted calls do not count, however many there are: none opens the breaker, and none closes it as a probe', async () => {
    const events: string[] = [];
    const log = (event: string): void => void events.push(event);
    const guard = guardOf({ breaker: { failures: 2, openMs: 5_000 }, logger: { debug() {}, info: log, warn: log } });
    // How an adapter reports a connection that ends with the signal.
    const cut = (signal: AbortSignal): Promise<never> =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(unavailable()), { once: true }));
    async function stopped(calls: number, afterMs: number): Promise<void> {
      const controller = new AbortController();
      for (const attempt of [cut, hanging]) {
        for (let number = 0; number < calls; number += 1) watch(guard.run(attempt, { signal: controller.signal }));
      }
      await vi.advanceTimersByTimeAsync(afterMs);
      controller.abort(new Error('stop'));
      await vi.advanceTimersByTimeAsync(0);
    }
    await stopped(2, 10);
    expect([guard.stats(), events]).toEqual([{ requests: 4, retries: 0, breakerOpened: 0 }, []]);

    const call = watch(guard.run(scripted(unavailable(), unavailable(), unavailable(), 'done').attempt));
    await vi.advanceTimersByTimeAsync(5_200);
    // The breaker is open, that call waits, and the probe is a call that is stopped; the next failure opens it at once.
    await stopped(1, 10);
    const breakerEvents = (): string[] => events.filter((event) => event.startsWith('breaker-'));
    expect(breakerEvents()).toEqual(['breaker-opened', 'breaker-half-open']);
    await vi.runAllTimersAsync();
    expect(call.outcome()).toBe('done');
    expect(breakerEvents().slice(2)).toEqual(['breaker-opened', 'breaker-half-open', 'breaker-closed']);
  });

  it('aborting ends the wait for a free place at once', async () => {
    const guard = guardOf({ concurrency: 1 });
    const controller = new AbortController();
    const reason = new Error('stop');
    let release: (value: string) => void = () => {};
    const first = watch(guard.run(() => new Promise<string>((resolve) => (release = resolve))));
    const second = watch(guard.run(scripted('second').attempt, { signal: controller.signal }));
    const third = watch(guard.run(scripted('third').attempt));
    await vi.advanceTimersByTimeAsync(10);
    controller.abort(reason);
    await vi.advanceTimersByTimeAsync(0);
    expect([first.outcome(), second.outcome()]).toEqual(['under way', reason]);
    release('first');
    await vi.advanceTimersByTimeAsync(0);
    expect([first.outcome(), third.outcome(), guard.stats().requests]).toEqual(['first', 'third', 2]);
  });
});

describe('the before option of a guarded call', () => {
  it('before is awaited for each attempt, and counts towards neither timeout nor deadline', async () => {
    const guard = guardOf({ deadlineMs: 2_000, timeoutMs: 1_000 });
    const { attempt, atMs } = scripted(unavailable(1_500), 'done');
    const before = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5_000));
    const call = watch(guard.run(attempt, { before }));
    await vi.runAllTimersAsync();
    expect([call.outcome(), atMs]).toEqual(['done', [5_000, 11_500]]);
  });

  it('a call ends without a request when before fails', async () => {
    const guard = guardOf();
    const reason = new Error('stop');
    await expect(guard.run(scripted('done').attempt, { before: () => Promise.reject(reason) })).rejects.toBe(reason);
    expect(guard.stats().requests).toBe(0);
  });
});

describe('a guard', () => {
  it('a guard runs at most as many calls at once as its concurrency, and serves all of them', async () => {
    const guard = guardOf({ concurrency: 3 });
    let underway = 0;
    let most = 0;
    const calls = Array.from({ length: 20 }, (_, number) =>
      guard.run(async () => {
        underway += 1;
        most = Math.max(most, underway);
        await Promise.resolve();
        underway -= 1;
        return number;
      }),
    );
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 20 }, (_, number) => number));
    expect(most).toBe(3);
  });

  it('a guard logs every wait: for which dependency, how long and why', async () => {
    const events: unknown[] = [];
    const guard = guardOf({
      logger: { debug() {}, info() {}, warn: (event, fields) => events.push([event, fields]) },
    });
    watch(guard.run(scripted(rateLimited(2_000), 'done').attempt));
    await vi.runAllTimersAsync();
    expect(events).toEqual([
      ['retry-scheduled', { dependency: 'qdrant', attempt: 1, delayMs: 2_000, reason: 'rate-limited' }],
    ]);
  });

  it.each(['timeoutMs', 'concurrency', 'attemptsMax', 'deadlineMs'] as const)(
    'an option %s below 1 is refused',
    (name) => {
      for (const value of [0, -1, Number.NaN]) {
        expect(() => guardOf({ [name]: value })).toThrow(expect.objectContaining({ code: 'config-invalid' }));
      }
    },
  );
});
