import { expect, it } from 'vitest';
import { IndexingError } from '@lockstep/model';
import type { Guard, RequestOutcome, RateLimiter, RunOptions } from '@lockstep/resilience';
import { runRateLimited } from './run-rate-limited.ts';

/** A rate limiter that admits everything, and records what it is asked for and what is reported to it. */
function createOpenRateLimiter() {
  const asked: number[] = [];
  const reported: [permit: number, outcome: RequestOutcome['kind']][] = [];
  const rateLimiter: RateLimiter = {
    acquire: async (tokens) => ({ number: asked.push(tokens), tokens, spent: { tokens: 0, requests: 0 } }),
    report: ({ number }, { kind }) => void reported.push([number, kind]),
    countsTokens: () => false,
  };
  return { rateLimiter, asked, reported };
}

type Attempt = () => Promise<unknown>;

/** A guard that follows a script. */
const guardThat = (run: (attempt: Attempt, before: () => Promise<void>) => Promise<unknown>): Guard => ({
  run: (attempt, { before }: RunOptions = {}) =>
    run(() => attempt(new AbortController().signal), before ?? (async () => {})) as never,
  stats: () => ({ requests: 0, retries: 0, breakerOpened: 0 }),
});

const tokens = (): number => 7;
const failed = (code: 'rate-limited' | 'service-unavailable') =>
  new IndexingError({ code, disposition: 'retry', message: 'm' });

it('an attempt that an open breaker holds back asks for one permit, and the next attempt for another', async () => {
  const { rateLimiter, asked, reported } = createOpenRateLimiter();
  const guard = guardThat(async (attempt, before) => {
    await before();
    await before();
    await attempt().catch(() => {});
    await before();
    return attempt();
  });
  const outcomes: (IndexingError | { tokens: number })[] = [failed('rate-limited'), { tokens: 9 }];
  await runRateLimited({ guard, rateLimiter, tokens }, {}, async () => {
    const outcome = outcomes.shift();
    if (outcome instanceof Error) throw outcome;
    return outcome as { tokens: number };
  });
  expect([asked, reported]).toEqual([
    [7, 7],
    [
      [1, 'refused'],
      [2, 'answered'],
    ],
  ]);
});

it('a permit whose request never went out is reported as unsent', async () => {
  const { rateLimiter, reported } = createOpenRateLimiter();
  const guard = guardThat(async (_attempt, before) => {
    await before();
    throw failed('service-unavailable');
  });
  await expect(runRateLimited({ guard, rateLimiter, tokens }, {}, async () => ({ tokens: 0 }))).rejects.toThrow('m');
  expect(reported).toEqual([[1, 'unsent']]);
});

it('a failure other than a rate limit is reported as failed', async () => {
  const { rateLimiter, reported } = createOpenRateLimiter();
  const guard = guardThat(async (attempt, before) => {
    await before();
    return attempt();
  });
  await expect(
    runRateLimited({ guard, rateLimiter, tokens }, {}, () => Promise.reject(failed('service-unavailable'))),
  ).rejects.toThrow('m');
  expect(reported).toEqual([[1, 'failed']]);
});
