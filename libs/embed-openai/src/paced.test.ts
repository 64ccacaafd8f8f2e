import { expect, it } from 'vitest';
import { IndexingError } from '@lockstep/model';
import type { Guard, Outcome, Pacer, RunOptions } from '@lockstep/resilience';
import { paced } from './paced.ts';

/** A pacer that lets everything through, and tells what it was asked and told. */
function createOpenPacer() {
  const asked: number[] = [];
  const told: [ticket: number, outcome: Outcome['kind']][] = [];
  const pacer: Pacer = {
    acquire: async (tokens) => ({ number: asked.push(tokens), tokens, spent: { tokens: 0, requests: 0 } }),
    told: ({ number }, { kind }) => void told.push([number, kind]),
    countsTokens: () => false,
  };
  return { pacer, asked, told };
}

type Attempt = () => Promise<unknown>;

/** A guard that does as it is told. */
const guardThat = (run: (attempt: Attempt, before: () => Promise<void>) => Promise<unknown>): Guard => ({
  run: (attempt, { before }: RunOptions = {}) =>
    run(() => attempt(new AbortController().signal), before ?? (async () => {})) as never,
  stats: () => ({ requests: 0, retries: 0, breakerOpened: 0 }),
});

const tokens = (): number => 7;
const failed = (code: 'rate-limited' | 'service-unavailable') =>
  new IndexingError({ code, disposition: 'retry', message: 'm' });

it('asks once for an attempt that an open breaker holds back, and again for the next one', async () => {
  const { pacer, asked, told } = createOpenPacer();
  const guard = guardThat(async (attempt, before) => {
    await before();
    await before();
    await attempt().catch(() => {});
    await before();
    return attempt();
  });
  const outcomes: (IndexingError | { tokens: number })[] = [failed('rate-limited'), { tokens: 9 }];
  await paced({ guard, pacer, tokens }, {}, async () => {
    const outcome = outcomes.shift();
    if (outcome instanceof Error) throw outcome;
    return outcome as { tokens: number };
  });
  expect([asked, told]).toEqual([
    [7, 7],
    [
      [1, 'refused'],
      [2, 'answered'],
    ],
  ]);
});

it('gives back what never went out', async () => {
  const { pacer, told } = createOpenPacer();
  const guard = guardThat(async (_attempt, before) => {
    await before();
    throw failed('service-unavailable');
  });
  await expect(paced({ guard, pacer, tokens }, {}, async () => ({ tokens: 0 }))).rejects.toThrow('m');
  expect(told).toEqual([[1, 'unsent']]);
});

it('counts any other failure as spent', async () => {
  const { pacer, told } = createOpenPacer();
  const guard = guardThat(async (attempt, before) => {
    await before();
    return attempt();
  });
  await expect(
    paced({ guard, pacer, tokens }, {}, () => Promise.reject(failed('service-unavailable'))),
  ).rejects.toThrow('m');
  expect(told).toEqual([[1, 'failed']]);
});
