import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Clock } from '@lockstep/model';
import { createGuard, createRateLimiter, type MinuteLimits } from '@lockstep/resilience';
import { failureOf } from '@lockstep/testing-ports';
import { createOpenAiEmbedder } from './openai-embedder.ts';

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledFrame: 'error' }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

/** A text of 100 tokens by either count. */
const TEXT = 'word'.repeat(100);

/** Time that passes only by waiting, and at once. */
function createJumpingClock(): Clock & { readonly waitsMs: number[] } {
  let now = 1_000_000;
  const waitsMs: number[] = [];
  return {
    waitsMs,
    now: () => now,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      waitsMs.push(ms);
      now += ms;
    },
  };
}

/** An embedder whose guard and rate limiter use the given clock. */
function embedder(clock: Clock, limits: MinuteLimits = {}) {
  const guard = createGuard({ dependency: 'openai', clock, random: () => 0 });
  const rateLimiter = createRateLimiter({ dependency: 'openai', clock, limits });
  const { embed } = createOpenAiEmbedder({
    apiKey: 'sk-key',
    model: 'm',
    dimensions: 2,
    guard,
    rateLimiter,
    timeoutMs: 10_000,
    countTokens: (text) => text.length / 4,
  });
  return { embed, guard, rateLimiter };
}

/** Answers with the response that `answer` returns, or else with a vector, and counts requests. */
function serve(answer: (request: number) => Response | Record<string, string> | undefined) {
  const seen = { requests: 0, refused: 0 };
  server.use(
    http.post('https://api.openai.com/v1/embeddings', () => {
      seen.requests += 1;
      const given = answer(seen.requests);
      if (given instanceof Response) {
        seen.refused += 1;
        return given;
      }
      const body = { data: [{ index: 0, embedding: [1, 0] }], usage: { prompt_tokens: 100 } };
      return HttpResponse.json(body, { headers: given ?? {} });
    }),
  );
  return seen;
}

const tooFast = (headers: Record<string, string> = {}): Response =>
  HttpResponse.json({ error: { code: 'rate_limit_exceeded', type: 'tokens' } }, { status: 429, headers });

/** A service of 1,000 tokens a minute, 100 a request, in a bucket that refills; it reports its limits or not. */
function serveLimited(clock: Clock, reports: boolean) {
  let level = 1_000;
  let at = clock.now();
  return serve(() => {
    level = Math.min(1_000, level + ((clock.now() - at) * 1_000) / 60_000);
    at = clock.now();
    if (level < 100) return tooFast();
    level -= 100;
    return reports
      ? { 'x-ratelimit-limit-tokens': '1000', 'x-ratelimit-remaining-tokens': String(Math.floor(level)) }
      : undefined;
  });
}

describe('embedding with a rate limiter', () => {
  it('embedding is never refused where the service reports its limits, and often where it does not', async () => {
    const refused = { reported: 0, unreported: 0 };
    for (const reports of [true, false]) {
      const clock = createJumpingClock();
      const seen = serveLimited(clock, reports);
      const { embed } = embedder(clock);
      for (let number = 0; number < 15; number += 1) await embed([TEXT]);
      expect(seen.requests - seen.refused).toBe(15);
      refused[reports ? 'reported' : 'unreported'] = seen.refused;
    }
    expect(refused.reported).toBe(0);
    expect(refused.unreported).toBeGreaterThan(5);
  });

  it('embedding keeps to configured limits, even where the service reports none', async () => {
    const clock = createJumpingClock();
    serve(() => undefined);
    const { embed } = embedder(clock, { tokens: 600 });
    const start = clock.now();
    for (let number = 0; number < 10; number += 1) await embed([TEXT]);
    // 1,000 tokens, less the ten seconds' worth that are available at the start.
    expect((clock.now() - start) / 1_000).toBeCloseTo((900 / 600 / 0.97) * 60, -1);
  });

  it('a refusal stops all requests for as long as it says, and that time is waited for once', async () => {
    const clock = createJumpingClock();
    serve((request) => (request === 1 ? tooFast({ 'retry-after': '30' }) : undefined));
    const { embed, rateLimiter } = embedder(clock);
    const start = clock.now();
    await embed([TEXT]);
    expect(clock.now() - start).toBe(30_000);
    expect(clock.waitsMs).toEqual([30_000]);
    await rateLimiter.acquire(1);
    expect(clock.now() - start).toBe(30_000);
  });

  it('a reply that credit has run out does not slow requests down', async () => {
    const clock = createJumpingClock();
    serve(() => HttpResponse.json({ error: { code: 'insufficient_quota' } }, { status: 429 }));
    const { embed, rateLimiter } = embedder(clock);
    expect((await failureOf(embed([TEXT]))).code).toBe('quota-exhausted');
    await rateLimiter.acquire(1);
    expect(clock.waitsMs).toEqual([]);
  });

  it('a request waits for its permit outside the guard’s timeout, and ends at once when the caller stops', async () => {
    const seen = serve(() => undefined);
    const { rateLimiter, guard, embed } = embedder({
      now: () => 0,
      sleep: (_ms, signal) =>
        new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
    });
    rateLimiter.report(await rateLimiter.acquire(1), { kind: 'refused', headers: undefined, retryAfterMs: 60_000 });
    const stop = new AbortController();
    const held = embed([TEXT], { signal: stop.signal });
    await Promise.resolve();
    stop.abort(new Error('stopped by hand'));
    await expect(held).rejects.toThrow('stopped by hand');
    expect([seen.requests, guard.stats().requests]).toEqual([0, 0]);
  });
});
