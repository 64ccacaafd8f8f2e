import { describe, expect, it } from 'vitest';
import { RATE_LIMIT_TUNING, type RateLimitTuning } from './rate-limit-tuning.ts';
import { admit, applyRefusal, applyReport, createRateLimitState, settle, type Permit } from './rate-limit-state.ts';
import { GUARD_DEFAULTS } from '../guard/guard-options.ts';
import type { ReportedLimits } from './rate-limit-headers.ts';

/*
 * Workers that always have something to send, a service that limits tokens in one of three ways, and a competitor that
 * takes 40 % of the limit for a third of the time, all in virtual time.
 */

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const ENOUGH_USE = 0.94;
const REFUSED_MOST = 0.02;

/** What the competitor wants of the limit, and how much of that it must get; its steps in milliseconds. */
const COMPETITOR_SHARE = 0.4;
const COMPETED_LEAST = 0.95;
const COMPETITOR_STEP_MS = 50;

/** How a service limits tokens. Times in milliseconds since the start. */
interface Service {
  /** Accepts a request of so many tokens, or refuses it. */
  take(now: number, tokens: number): boolean;
  remaining(now: number): number;
  resetMs(now: number): number;
  /** When a refused request would fit. */
  retryMs(now: number, tokens: number): number;
  /** All that it can have granted until then. */
  given(now: number): number;
}

/** A bucket that refills all the time, as OpenAI's; its limit is one of a minute, or of another period. */
function refilling(limit: number, periodMs = MINUTE_MS): Service {
  const perMs = limit / periodMs;
  let level = limit;
  let at = 0;
  const levelAt = (now: number): number => {
    level = Math.min(limit, level + (now - at) * perMs);
    at = now;
    return level;
  };
  return {
    take(now, tokens) {
      const fits = levelAt(now) >= tokens;
      if (fits) level -= tokens;
      return fits;
    },
    remaining: (now) => Math.floor(levelAt(now)),
    resetMs: (now) => (limit - levelAt(now)) / perMs,
    retryMs: (now, tokens) => (tokens - levelAt(now)) / perMs,
    given: (now) => limit + now * perMs,
  };
}

/** Windows of fixed length with a part of the limit each. It always reports the limit of the minute. */
function windowed(limit: number, windowMs: number): Service {
  const cap = (limit * windowMs) / MINUTE_MS;
  const counter = (lengthMs: number) => {
    let number = 0;
    let used = 0;
    return (now: number, more = 0): number => {
      const current = Math.floor(now / lengthMs);
      used = (current === number ? used : 0) + more;
      number = current;
      return used;
    };
  };
  const inWindow = counter(windowMs);
  const inMinute = counter(MINUTE_MS);
  return {
    take(now, tokens) {
      const fits = inWindow(now) + tokens <= cap;
      if (fits) for (const count of [inWindow, inMinute]) count(now, tokens);
      return fits;
    },
    remaining: (now) => limit - inMinute(now),
    resetMs: (now) => MINUTE_MS - (now % MINUTE_MS),
    retryMs: (now) => windowMs - (now % windowMs),
    given: (now) => (now / windowMs) * cap,
  };
}

interface Scene {
  readonly service: (limit: number) => Service;
  readonly limit: number;
  /** What the limit is one of. @default MINUTE_MS */
  readonly periodMs?: number;
  readonly requestTokens: readonly [least: number, most: number];
  readonly workers: number;
  readonly minutes: number;
  /** Steps in which `Retry-After` is given; Infinity for a service that gives none. */
  readonly retryStepMs: number;
}

/**
 * Requests of a few seconds' worth against limits of a minute, and small ones against limits of a second, since a
 * service that looks at seconds can take no others.
 */
const LARGE = {
  limit: 1_000_000,
  requestTokens: [20_000, 40_000],
  workers: 16,
  minutes: 20,
  retryStepMs: SECOND_MS,
} as const;
const SCENES: Readonly<Record<string, Scene>> = {
  'a bucket that refills': { ...LARGE, service: refilling },
  'windows of a minute': { ...LARGE, service: (limit) => windowed(limit, MINUTE_MS) },
  'slices of a second': {
    service: (limit) => windowed(limit, SECOND_MS),
    limit: 10_000_000,
    requestTokens: [2_000, 6_000],
    workers: 48,
    minutes: 12,
    retryStepMs: 1,
  },
};
/** A limit of a day, which is used up within minutes, from a service that gives no `Retry-After`. */
const DAY_MS = 1_440 * MINUTE_MS;
const DAY: Scene = {
  service: (limit) => refilling(limit, DAY_MS),
  periodMs: DAY_MS,
  limit: 6_000_000,
  requestTokens: [20_000, 40_000],
  workers: 8,
  minutes: 360,
  retryStepMs: Infinity,
};

interface Result {
  /** Own tokens over those that the competitor left. */
  readonly use: number;
  /** What the competitor got over what it wanted. */
  readonly competed: number;
  /** Refused requests over all that were sent. */
  readonly refused: number;
  /** Requests that were refused as often as the guard tries. */
  readonly lost: number;
}

function simulate(scene: Scene, seedNumber: number, tuning: RateLimitTuning | 'none'): Result {
  const endMs = scene.minutes * MINUTE_MS;
  const competitorPerMs = (COMPETITOR_SHARE * scene.limit) / (scene.periodMs ?? MINUTE_MS);
  const random = randomOf(seedNumber);
  const between = (least: number, most: number): number => least + random() * (most - least);
  const service = scene.service(scene.limit);
  const later = createAgenda();
  const results = { own: 0, others: 0, sent: 0, refused: 0, lost: 0 };

  let state = createRateLimitState({}, 0, tuning === 'none' ? RATE_LIMIT_TUNING : tuning);
  let idle = scene.workers;
  const waiting: { readonly tokens: number; readonly tries: number }[] = [];
  let wakeAt = Infinity;

  function sendAll(now: number): void {
    while (idle > 0) {
      if (waiting.length === 0) waiting.push({ tokens: Math.round(between(...scene.requestTokens)), tries: 0 });
      const [{ tokens, tries }] = waiting as [(typeof waiting)[number]];
      const decision = admit(tuning === 'none' ? createRateLimitState({}, now) : state, now, { tokens });
      state = decision.state;
      const { permit } = decision;
      if (permit === undefined) {
        const at = now + decision.waitMs;
        if (at < wakeAt || wakeAt <= now) later.at((wakeAt = at), sendAll);
        return;
      }
      waiting.shift();
      idle -= 1;
      results.sent += 1;
      later.at(now + between(20, 40), (then) => arrive(then, permit, tries + 1));
    }
  }

  function arrive(now: number, permit: Permit, tries: number): void {
    const { tokens } = permit;
    const taken = service.take(now, tokens);
    const nothing = { limit: undefined, remaining: undefined, resetMs: undefined };
    const { limit } = scene;
    const reported: ReportedLimits = {
      tokens: { limit, remaining: service.remaining(now), resetMs: service.resetMs(now) },
      requests: nothing,
    };
    if (taken) {
      results.own += tokens;
      later.at(now + between(300, 1_200), (then) => {
        state = applyReport(settle(state, then, permit, tokens), then, permit, reported);
        idle += 1;
        sendAll(then);
      });
      return;
    }
    results.refused += 1;
    const { retryStepMs } = scene;
    const retryAfterMs =
      retryStepMs === Infinity ? undefined : Math.ceil(service.retryMs(now, tokens) / retryStepMs) * retryStepMs;
    later.at(now + between(20, 40), (then) => {
      state = applyRefusal(state, then, permit, { retryAfterMs, reported });
      // The worker waits as the guard does, and asks again.
      const { first, longest } = GUARD_DEFAULTS.backoffMs;
      const backoffMs = Math.min(longest, first * 2 ** (tries - 1)) * between(0.5, 1);
      const lost = tries >= GUARD_DEFAULTS.attemptsMax;
      if (lost) results.lost += 1;
      later.at(then + (lost ? 0 : Math.max(backoffMs, retryAfterMs ?? 0)), (again) => {
        idle += 1;
        if (!lost) waiting.push({ tokens, tries });
        sendAll(again);
      });
    });
  }

  /** Takes its share in small requests, and asks again for everything that was refused. */
  function compete(now: number): void {
    const [from, to] = [endMs / 4, endMs / 4 + endMs / 3];
    if (now < to) later.at(now + COMPETITOR_STEP_MS, compete);
    if (now < from) return;
    const bite = scene.limit / 2_400;
    wanted += competitorPerMs * COMPETITOR_STEP_MS;
    for (; wanted >= bite && service.take(now, bite); wanted -= bite) results.others += bite;
  }
  let wanted = 0;

  later.at(0, sendAll);
  later.at(0, compete);
  later.runUntil(endMs);
  return {
    use: results.own / (service.given(endMs) - results.others),
    competed: results.others / (competitorPerMs * (endMs / 3)),
    refused: results.refused / results.sent,
    lost: results.lost,
  };
}

interface Event {
  readonly at: number;
  readonly run: (now: number) => void;
}

/** Coming events, in the order of time. */
function createAgenda() {
  // Latest first: the next event is at the end.
  const events: Event[] = [];
  return {
    at(at: number, run: (now: number) => void): void {
      let place = events.length;
      while (place > 0 && (events[place - 1] as Event).at <= at) place -= 1;
      events.splice(place, 0, { at, run });
    },
    runUntil(end: number): void {
      for (let next = events.pop(); next !== undefined && next.at < end; next = events.pop()) next.run(next.at);
    },
  };
}

/** Random numbers from 0 to 1, the same every time for a seed (mulberry32). */
function randomOf(seedNumber: number): () => number {
  let state = seedNumber;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const good = ({ use, refused: share, lost }: Result): boolean =>
  use >= ENOUGH_USE && share <= REFUSED_MOST && lost === 0;

describe.each(Object.entries(SCENES))('against %s', (title, scene) => {
  it.each([1, 2, 3])(
    `the rate limiter uses what a competitor leaves of ${title} and is hardly ever refused, seed %i`,
    (seedNumber) => {
      const result = simulate(scene, seedNumber, RATE_LIMIT_TUNING);
      expect(result.use).toBeGreaterThanOrEqual(ENOUGH_USE);
      expect(result.refused).toBeLessThanOrEqual(REFUSED_MOST);
      expect(result.lost).toBe(0);
      expect(result.competed).toBeGreaterThanOrEqual(COMPETED_LEAST);
    },
  );

  it(`without a rate limiter many requests are refused by ${title}`, () => {
    expect(simulate({ ...scene, minutes: scene.minutes / 4 }, 1, 'none').refused).toBeGreaterThan(5 * REFUSED_MOST);
  });
});

it('without a rate limiter most requests are refused by a bucket that refills, and calls are lost', () => {
  const result = simulate({ ...LARGE, service: refilling, minutes: 5 }, 1, 'none');
  expect(result.refused).toBeGreaterThan(0.75);
  expect(result.lost).toBeGreaterThan(0);
});

it.each(['a bucket that refills', 'slices of a second'])(
  'the rate limiter needs headroom and cuts to meet its targets against %s',
  (title) => {
    const scene = SCENES[title] as Scene;
    expect(
      good(simulate({ ...scene, minutes: scene.minutes / 2 }, 1, { ...RATE_LIMIT_TUNING, headroom: 0, cut: 1 })),
    ).toBe(false);
  },
);

it('without the cut of its pace the rate limiter is refused too often by slices of a second', () => {
  const scene = SCENES['slices of a second'] as Scene;
  expect(simulate(scene, 1, { ...RATE_LIMIT_TUNING, cut: 1 }).refused).toBeGreaterThan(REFUSED_MOST);
});

it.each([1, 2, 3])(
  'a limit of a day without Retry-After loses at most two calls in six hours, seed %i',
  (seedNumber) => {
    const result = simulate(DAY, seedNumber, RATE_LIMIT_TUNING);
    expect(result.use).toBeGreaterThanOrEqual(ENOUGH_USE);
    expect(result.refused).toBeLessThan(0.3);
    expect(result.lost).toBeLessThanOrEqual(2);
  },
);
