import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  admit,
  applyRefusal,
  applyReport,
  createRateLimitState,
  pace,
  refund,
  settle,
  type MinuteLimits,
  type Permit,
  type RateLimitState,
} from './rate-limit-state.ts';
import type { ReportedLimit, ReportedLimits } from './rate-limit-headers.ts';

const NOTHING: ReportedLimit = { limit: undefined, remaining: undefined, resetMs: undefined };
const NO_REPORT: ReportedLimits = { tokens: NOTHING, requests: NOTHING };

/** What a reply reports about the tokens. */
const left = (
  remaining: number | undefined,
  limit: number | undefined = 100_000,
  resetMs?: number,
): ReportedLimits => ({
  ...NO_REPORT,
  tokens: { limit, remaining, resetMs },
});

/** A rate limit that is moved from call to call; times in milliseconds. */
function rateLimit(limits: MinuteLimits = {}) {
  let state: RateLimitState = createRateLimitState(limits, 0);
  return {
    /** The permit of a request that may go at once. */
    send(now: number, tokens: number): Permit {
      const decision = admit(state, now, { tokens });
      state = decision.state;
      if (decision.permit === undefined) throw new Error(`It has to wait ${decision.waitMs} ms.`);
      return decision.permit;
    },
    /** How long a request has to wait, without sending it. */
    waitMs: (now: number, tokens: number) => admit(state, now, { tokens }).waitMs,
    pace: (now: number) => pace(state, now),
    report: (now: number, permit: Permit, reported: ReportedLimits) =>
      (state = applyReport(state, now, permit, reported)),
    settle: (now: number, permit: Permit, charged: number) => (state = settle(state, now, permit, charged)),
    refund: (now: number, permit: Permit) => (state = refund(state, now, permit)),
    refuse: (now: number, permit: Permit, retryAfterMs?: number, reported = NO_REPORT) =>
      (state = applyRefusal(state, now, permit, { retryAfterMs, reported })),
  };
}

/** Milliseconds in which so many tokens come back, of 100,000 a minute less the headroom. */
const refill = (tokens: number): number => Math.ceil((tokens / 97_000) * 60_000);

describe('without limits', () => {
  it('a state without limits admits everything', () => {
    const own = rateLimit();
    for (let number = 0; number < 100; number += 1) own.send(0, 300_000);
    expect(own.waitMs(0, 300_000)).toBe(0);
  });

  it('a refusal stops all callers for as long as the service says, even without limits', () => {
    const own = rateLimit();
    own.refuse(1_000, own.send(0, 10), 7_000);
    expect([own.waitMs(1_000, 10), own.waitMs(7_999, 10), own.waitMs(8_000, 10)]).toEqual([7_000, 1, 0]);
  });

  it('refusals in a row that name no time stop for longer each time, and start from the beginning after a success', () => {
    const own = rateLimit();
    const stops: number[] = [];
    let now = 0;
    for (let number = 0; number < 8; number += 1) {
      own.refuse(now, own.send(now, 10));
      stops.push(own.waitMs(now, 10));
      now += own.waitMs(now, 10);
    }
    expect(stops).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000]);
    own.settle(now, own.send(now, 10), 10);
    own.refuse(now, own.send(now, 10));
    expect(own.waitMs(now, 10)).toBe(500);
  });

  it('requests that are refused together count as one refusal', () => {
    const own = rateLimit();
    const together = [own.send(0, 10), own.send(0, 10), own.send(0, 10)];
    for (const permit of together) own.refuse(100, permit);
    expect(own.waitMs(100, 10)).toBe(500);
  });

  it('a later refusal never shortens a stop', () => {
    const own = rateLimit();
    const [first, second] = [own.send(0, 10), own.send(0, 10)];
    own.refuse(0, first, 9_000);
    own.refuse(0, second, 1_000);
    expect(own.waitMs(0, 10)).toBe(9_000);
  });
});

describe('a configured limit', () => {
  it('a configured limit admits ten seconds’ worth at once, and the rest as time passes, with headroom', () => {
    const own = rateLimit({ tokens: 100_000 });
    own.send(0, 16_000);
    expect(own.waitMs(0, 10_000)).toBe(refill(10_000 - 97_000 / 6 + 16_000));
    expect(own.waitMs(refill(9_834), 10_000)).toBe(0);
  });

  it('a configured limit of requests counts every admitted request, whatever its tokens', () => {
    const own = rateLimit({ requests: 60 });
    for (let number = 0; number < 9; number += 1) own.send(0, 1_000_000);
    expect(own.waitMs(0, 1)).toBeGreaterThan(0);
    expect(own.waitMs(1_000, 1)).toBe(0);
  });

  it('a request of more than a minute’s tokens is admitted, and the next one waits until its debt is paid', () => {
    const own = rateLimit({ tokens: 100_000 });
    own.send(0, 300_000);
    const debtMs = refill(300_000);
    expect(own.waitMs(0, 300_000)).toBe(debtMs);
    own.send(debtMs, 300_000);
  });

  it('a configured limit is replaced by a lower reported one, and not by a higher one', () => {
    const lowered = rateLimit({ tokens: 100_000 });
    lowered.report(0, lowered.send(0, 0), left(50_000, 50_000));
    const kept = rateLimit({ tokens: 100_000 });
    kept.report(0, kept.send(0, 0), left(500_000, 500_000));
    for (const own of [lowered, kept]) own.send(0, 16_000);
    expect(lowered.waitMs(0, 9_700) - lowered.waitMs(0, 4_850)).toBe(6_000);
    expect(kept.waitMs(0, 9_700) - kept.waitMs(0, 4_850)).toBe(3_000);
  });
});

describe('a reported limit', () => {
  it('a reported limit admits a minute’s worth at once, less what was spent and the headroom', () => {
    const own = rateLimit();
    own.report(0, own.send(0, 20_000), left(80_000));
    own.send(0, 77_000);
    expect(own.waitMs(0, 10_000)).toBe(refill(10_000));
  });

  it('a report is reduced by what was admitted after the request that it answers', () => {
    const own = rateLimit();
    const first = own.send(0, 10_000);
    own.send(0, 30_000);
    own.send(0, 30_000);
    own.report(0, first, left(90_000));
    // 90,000 less the headroom of 3,000 and the 60,000 that are under way.
    own.send(0, 27_000);
    expect(own.waitMs(0, 1_000)).toBe(refill(1_000));
  });

  it('a report lowers the balance at once where somebody else spends', () => {
    const own = rateLimit();
    own.report(0, own.send(0, 10_000), left(90_000));
    own.report(0, own.send(0, 10_000), left(23_000));
    own.send(0, 20_000);
    expect(own.waitMs(0, 10_000)).toBe(refill(10_000));
  });

  it('a report never raises the balance: only time does', () => {
    const own = rateLimit();
    own.report(0, own.send(0, 10_000), left(13_000));
    own.report(0, own.send(0, 10_000), left(99_000));
    expect(own.waitMs(0, 10_000)).toBe(refill(10_000));
  });

  it('a report is ignored after that of a later request', () => {
    const own = rateLimit();
    const [first, second] = [own.send(0, 1_000), own.send(0, 1_000)];
    own.report(0, second, left(60_000));
    own.report(0, first, left(3_000));
    own.send(0, 57_000);
  });

  it('a reported limit may change, and may come without a remaining amount', () => {
    const own = rateLimit();
    own.report(0, own.send(0, 7_000), left(undefined));
    own.send(0, 97_000);
    own.report(60_000, own.send(60_000, 0), left(undefined, 200_000));
    expect(own.waitMs(60_000, 194_000)).toBe(30_000);
  });

  it('a remaining amount counts where only the caller knows the limit', () => {
    const own = rateLimit({ tokens: 100_000 });
    own.report(0, own.send(0, 1_000), {
      ...NO_REPORT,
      tokens: { limit: undefined, remaining: 4_000, resetMs: undefined },
    });
    own.send(0, 1_000);
    expect(own.waitMs(0, 1_000)).toBe(refill(1_000));
  });
});

describe('an admitted request', () => {
  it('a request that was charged less, or more, than expected counts by what was charged', () => {
    const own = rateLimit({ tokens: 600_000 });
    own.settle(0, own.send(0, 90_000), 40_000);
    own.send(0, 57_000);
    own.settle(0, own.send(0, 0), 9_700);
    expect(own.waitMs(0, 9_700)).toBeCloseTo(2_000, -1);
  });

  it('a request that never went out is given back', () => {
    const own = rateLimit({ tokens: 600_000, requests: 6 });
    own.refund(0, own.send(0, 97_000));
    own.send(0, 97_000);
  });
});

describe('a refusal', () => {
  it('nothing is saved up during a stop, so that no burst follows it', () => {
    const own = rateLimit();
    own.report(0, own.send(0, 1_000), left(99_000));
    own.refuse(0, own.send(0, 10_000), 30_000);
    expect(own.waitMs(30_000, 9_700)).toBe(Math.ceil((9_700 / (97_000 * own.pace(30_000))) * 60_000));
  });

  it('a refusal cuts the pace, which climbs back, stays, and then goes beyond', () => {
    const own = rateLimit({ tokens: 100_000 });
    const first = own.send(0, 1_000);
    const second = own.send(0, 1_000);
    own.refuse(0, first, 0);
    own.refuse(0, second, 0);
    expect(own.pace(0)).toBeCloseTo(0.93, 6);
    own.refuse(5_000, own.send(5_000, 100), 0);
    const cut = own.pace(5_000);
    expect(cut).toBeLessThan(0.93);
    expect(own.pace(13_000)).toBeCloseTo(cut / 0.93, 6);
    expect(own.pace(15_000) - own.pace(13_000)).toBeLessThan(0.01);
    expect(own.pace(60_000)).toBe(1);
  });

  it('refusals never cut the pace below 2 %', () => {
    const own = rateLimit({ tokens: 100_000 });
    let now = 0;
    for (let number = 0; number < 200; number += 1) {
      now += own.waitMs(now, 10);
      own.refuse(now, own.send(now, 10), 0);
    }
    expect(own.pace(now)).toBe(0.02);
  });

  it.each<[string, ReportedLimits, number]>([
    ['until the end of a window, where the reset comes sooner than refilling', left(0, 100_000, 16_000), 16_000],
    ['no longer than usual, where the reset is that of a minute that refills', left(0, 100_000, 60_000), 500],
    ['no longer than usual, where enough remains', left(90_000, 100_000, 6_000), 500],
    ['for its share of a longer limit', left(0, 100_000, 600_000), 60_000],
    ['no longer than usual, where the request is larger than the limit', left(5_000, 5_000, 1), 500],
    ['for ten minutes at most', left(0, 100_000, 86_400_000), 600_000],
  ])('a refusal without Retry-After stops %s', (_title, reported, expected) => {
    const own = rateLimit();
    own.refuse(0, own.send(0, 10_000), undefined, reported);
    expect(own.waitMs(0, 0)).toBe(expected);
  });
});

it('a limit admits what is saved up and what time adds, and never more, whatever is reported', () => {
  const step = fc.record({
    afterMs: fc.integer({ min: 0, max: 5_000 }),
    tokens: fc.integer({ min: 1, max: 30_000 }),
    reply: fc.constantFrom('good', 'refused', 'none'),
    remaining: fc.integer({ min: 0, max: 100_000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const own = rateLimit({ tokens: 100_000 });
      const sent: { at: number; tokens: number }[] = [];
      let now = 0;
      for (const { afterMs, tokens, reply, remaining } of steps) {
        now += afterMs;
        if (own.waitMs(now, tokens) > 0) continue;
        const permit = own.send(now, tokens);
        sent.push({ at: now, tokens });
        if (reply === 'refused') own.refuse(now, permit, 100, left(remaining));
        if (reply === 'good') own.report(now, permit, left(remaining));
        // A refused request spent nothing.
        if (reply === 'refused') sent.pop();
      }
      for (const [at, first] of sent.entries()) {
        let spent = 0;
        for (const later of sent.slice(at)) {
          spent += later.tokens;
          const granted = 97_000 / 6 + ((later.at - first.at) / 60_000) * 97_000;
          // The last one may leave a debt.
          expect(spent - later.tokens).toBeLessThanOrEqual(granted + 1);
        }
      }
    }),
    { numRuns: 200 },
  );
});
