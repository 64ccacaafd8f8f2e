/**
 * How fast requests may go out to a service that limits tokens and requests a minute: pure functions of time and of
 * what the service reports. Each limit has a balance, which requests spend and time refills.
 *
 * - `admit` spends, or says how long to wait. What is spent stays spent while the reply is outstanding.
 * - `applyReport` takes in the limits that a reply reports. It lowers a balance at once, since somebody else may be
 *   spending too, and never raises one: only time does, so that no stale or wrong header lets a flood out.
 * - `settle` replaces the tokens that were expected by those that were charged.
 * - `applyRefusal` (429) stops all callers for a while, empties the balances and cuts the pace.
 *
 * A limit that is neither configured nor reported holds nothing back; the common stop after a refusal applies all the
 * same.
 */
import { RATE_LIMIT_TUNING, type RateLimitTuning } from './rate-limit-tuning.ts';
import type { ReportedLimit, ReportedLimits } from './rate-limit-headers.ts';

/** Limits a minute; one that is left out is not known. */
export interface MinuteLimits {
  readonly tokens?: number;
  readonly requests?: number;
}

interface Meter {
  /** A minute, as the caller configured it. */
  readonly configured: number | undefined;
  /** A minute: the lower one of what is configured and what the service reports; undefined where neither is known. */
  readonly limit: number | undefined;
  /** What may be spent now; below 0 after a request that is larger than all that may be saved up. */
  readonly balance: number;
  /** All that was ever spent. */
  readonly spent: number;
}

export interface RateLimitState {
  readonly tuning: RateLimitTuning;
  readonly tokens: Meter;
  readonly requests: Meter;
  /** When the balances were brought up to date, in milliseconds. */
  readonly at: number;
  /** Nothing goes out before this time. */
  readonly stopUntil: number;
  readonly refusalsInRow: number;
  /** The last cut: the pace that was too high, when it was cut, and the last request that went out before it. */
  readonly lastCut: { readonly pace: number; readonly at: number; readonly sent: number } | undefined;
  /** Requests that were admitted. */
  readonly sent: number;
  /** Number of the latest request whose report was taken in. */
  readonly reported: number;
}

/** One request that was admitted. */
export interface Permit {
  readonly number: number;
  readonly tokens: number;
  /** All that was ever spent, including this request. */
  readonly spent: { readonly tokens: number; readonly requests: number };
}

const MINUTE_MS = 60_000;

/** As long as the longest `Retry-After` that is honoured. */
const REPORTED_STOP_MS_MAX = 600_000;

/** A state in which nothing has been sent yet. */
export function createRateLimitState(limits: MinuteLimits, now: number, tuning = RATE_LIMIT_TUNING): RateLimitState {
  const meter = (configured: number | undefined): Meter => {
    const empty = { configured, limit: configured, balance: 0, spent: 0 };
    return { ...empty, balance: capacity(tuning, empty) };
  };
  return {
    tuning,
    tokens: meter(limits.tokens),
    requests: meter(limits.requests),
    at: now,
    stopUntil: now,
    refusalsInRow: 0,
    lastCut: undefined,
    sent: 0,
    reported: 0,
  };
}

/**
 * Admits a request of so many tokens with a permit, or says how many milliseconds it has to wait at least. One that is
 * larger than all that may be saved up is admitted when that much is there, and leaves a debt.
 */
export function admit(
  before: RateLimitState,
  now: number,
  { tokens }: { readonly tokens: number },
): { readonly state: RateLimitState; readonly waitMs: number; readonly permit?: Permit } {
  const state = advance(before, now);
  const waitMs = Math.max(
    state.stopUntil - now,
    untilSavedUp(state, state.tokens, tokens),
    untilSavedUp(state, state.requests, 1),
  );
  if (waitMs > 0) return { state, waitMs };
  const next = {
    ...state,
    tokens: spend(state.tokens, tokens),
    requests: spend(state.requests, 1),
    sent: state.sent + 1,
  };
  const permit = {
    number: next.sent,
    tokens,
    spent: { tokens: next.tokens.spent, requests: next.requests.spent },
  };
  return { state: next, waitMs: 0, permit };
}

/** Gives back what a request spent that was admitted and never went out. */
export function refund(before: RateLimitState, now: number, { tokens }: Permit): RateLimitState {
  const state = advance(before, now);
  return {
    ...state,
    tokens: credited(state.tuning, state.tokens, tokens),
    requests: credited(state.tuning, state.requests, 1),
  };
}

/**
 * Takes in what a reply reports. A report describes the moment when the service accepted the request, so what was
 * admitted since then is subtracted. A reply that arrives after that of a later request reports nothing new.
 */
export function applyReport(
  before: RateLimitState,
  now: number,
  permit: Permit,
  report: ReportedLimits,
): RateLimitState {
  const state = advance(before, now);
  if (permit.number < state.reported) return state;
  return {
    ...state,
    tokens: corrected(state.tuning, state.tokens, report.tokens, permit.spent.tokens),
    requests: corrected(state.tuning, state.requests, report.requests, permit.spent.requests),
    reported: permit.number,
  };
}

/** Counts a request that succeeded by what was charged for it. */
export function settle(before: RateLimitState, now: number, permit: Permit, charged: number): RateLimitState {
  const state = advance(before, now);
  return { ...state, tokens: credited(state.tuning, state.tokens, permit.tokens - charged), refusalsInRow: 0 };
}

/**
 * Takes in a refusal (429). All callers stop for as long as the service says, or else for longer with each refusal in a
 * row. The pace is cut once for all requests that were under way together. A refused request still counts as one.
 */
export function applyRefusal(
  before: RateLimitState,
  now: number,
  permit: Permit,
  { retryAfterMs, reported }: { readonly retryAfterMs: number | undefined; readonly reported: ReportedLimits },
): RateLimitState {
  const state = applyReport(before, now, permit, reported);
  const { cut, stopMs } = state.tuning;
  const fresh = permit.number > (state.lastCut?.sent ?? 0);
  const refusalsInRow = fresh ? state.refusalsInRow + 1 : state.refusalsInRow;
  const ownMs = Math.min(stopMs.longest, stopMs.first * 2 ** Math.max(0, refusalsInRow - 1));
  const reportedMs = Math.max(untilRefilled(reported.tokens, permit.tokens), untilRefilled(reported.requests, 1));
  const emptied = (meter: Meter): Meter => ({ ...meter, balance: Math.min(0, meter.balance) });
  return {
    ...state,
    tokens: emptied(credited(state.tuning, state.tokens, permit.tokens)),
    requests: emptied(state.requests),
    stopUntil: Math.max(state.stopUntil, now + (retryAfterMs ?? Math.max(ownMs, reportedMs))),
    refusalsInRow,
    lastCut: fresh && cut < 1 ? { pace: pace(state, now), at: now, sent: state.sent } : state.lastCut,
  };
}

/**
 * Share of the limits that is used now, above 0 and up to 1. After a cut it climbs back, stays about where it was, and
 * then tries for more, ever faster: the cubic curve of TCP (RFC 9438), which suits a competitor that comes and goes.
 */
export function pace({ lastCut, tuning }: RateLimitState, now: number): number {
  if (lastCut === undefined) return 1;
  const phase = (now - lastCut.at) / tuning.recoveryMs - 1;
  return Math.min(1, Math.max(tuning.paceMin, lastCut.pace * (1 + (1 - tuning.cut) * phase ** 3)));
}

/** Brings the balances up to a time. Nothing is saved up during a stop, so that no burst follows it. */
function advance(state: RateLimitState, now: number): RateLimitState {
  const elapsedMs = Math.max(0, now - Math.max(state.at, state.stopUntil));
  const refilled = (meter: Meter): Meter => credited(state.tuning, meter, elapsedMs * refillPerMs(state, meter, now));
  return { ...state, at: Math.max(now, state.at), tokens: refilled(state.tokens), requests: refilled(state.requests) };
}

/** What a millisecond adds to a balance. */
function refillPerMs(state: RateLimitState, { limit }: Meter, now: number): number {
  return ((limit ?? 0) * (1 - state.tuning.headroom) * pace(state, now)) / MINUTE_MS;
}

/** What may be saved up: a minute's worth where the service itself grants it. */
function capacity(tuning: RateLimitTuning, { limit, configured }: Pick<Meter, 'limit' | 'configured'>): number {
  return (limit ?? 0) * (1 - tuning.headroom) * (limit === configured ? tuning.configuredBurst : 1);
}

function credited(tuning: RateLimitTuning, meter: Meter, amount: number): Meter {
  return { ...meter, balance: Math.min(capacity(tuning, meter), meter.balance + amount) };
}

function spend(meter: Meter, amount: number): Meter {
  return { ...meter, balance: meter.balance - amount, spent: meter.spent + amount };
}

/** How long until so much may be spent, in milliseconds. */
function untilSavedUp(state: RateLimitState, meter: Meter, amount: number): number {
  if (meter.limit === undefined) return 0;
  const missing = Math.min(amount, capacity(state.tuning, meter)) - meter.balance;
  // A millionth may always be missing: adding up small steps is not exact.
  if (missing < Math.max(1, amount) / 1e6) return 0;
  return Math.max(1, Math.ceil(missing / refillPerMs(state, meter, state.at)));
}

/** A meter after a report on a request, before and with which `spentThen` had been spent. */
function corrected(tuning: RateLimitTuning, meter: Meter, reported: ReportedLimit, spentThen: number): Meter {
  const own = reported.limit === undefined ? meter.limit : meter.configured;
  const limit = Math.min(reported.limit ?? Infinity, own ?? Infinity);
  if (limit === Infinity) return meter;
  const known = { ...meter, limit };
  const spentSince = meter.spent - spentThen;
  const balance = meter.limit === undefined ? capacity(tuning, known) - spentSince : meter.balance;
  const remaining = (reported.remaining ?? Infinity) - tuning.headroom * (reported.limit ?? limit) - spentSince;
  return credited(tuning, { ...known, balance: Math.min(balance, remaining) }, 0);
}

/**
 * How long a limit that is used up reports that it will take, in milliseconds; 0 where it reports nothing beyond its
 * minute. A reset that comes sooner than steady refilling could bring it is the end of a window, before which nothing
 * comes. One that comes later belongs to a longer limit, such as one a day, which refills in proportion.
 */
function untilRefilled({ limit, remaining, resetMs }: ReportedLimit, amount: number): number {
  if (limit === undefined || remaining === undefined || resetMs === undefined) return 0;
  const missing = Math.min(amount, limit) - remaining;
  if (missing <= 0) return 0;
  const used = limit - remaining;
  const steadyMs = (used / limit) * MINUTE_MS;
  if (resetMs < 0.9 * steadyMs) return resetMs;
  return resetMs > 1.1 * steadyMs ? Math.min(REPORTED_STOP_MS_MAX, (resetMs * missing) / used) : 0;
}
