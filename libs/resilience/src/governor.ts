/**
 * How fast requests may go out to a service that limits tokens and requests a minute: a pure function of time and of
 * what the service says. Each limit has a balance, which requests spend and time fills up.
 *
 * - `admit` spends, or tells how long to wait. What is spent stays spent while the reply is outstanding.
 * - `learn` takes what a reply tells. It lowers a balance at once, since somebody else may be spending too, and never
 *   raises one: only time does, so that no stale or wrong header lets a flood out.
 * - `settle` puts the tokens that were charged in the place of those that were expected.
 * - `refused` (429) stops everybody for a while, empties the balances and cuts the pace.
 *
 * A limit that nobody told is none; the common stop after a refusal holds all the same.
 */
import { GOVERNOR_TUNING, type GovernorTuning } from './governor-tuning.ts';
import type { RateLimits, ToldLimit } from './rate-limit-headers.ts';

/** Limits a minute; one that is left out is not known. */
export interface MinuteLimits {
  readonly tokens?: number;
  readonly requests?: number;
}

interface Meter {
  /** A minute, as the caller set it. */
  readonly asked: number | undefined;
  /** A minute: the lower one of what was asked and what the service told; undefined where neither is known. */
  readonly limit: number | undefined;
  /** What may be spent now; below 0 after a request that is larger than all that may be saved up. */
  readonly balance: number;
  /** All that was ever spent. */
  readonly spent: number;
}

export interface GovernorState {
  readonly tuning: GovernorTuning;
  readonly tokens: Meter;
  readonly requests: Meter;
  /** When the balances were brought up to date, in milliseconds. */
  readonly at: number;
  /** Nothing goes out before this time. */
  readonly stopUntil: number;
  readonly refusalsInRow: number;
  /** The last cut: the pace that was too much, when, and the last request that went out before it. */
  readonly lastCut: { readonly pace: number; readonly at: number; readonly sent: number } | undefined;
  /** Requests that were let through. */
  readonly sent: number;
  /** Number of the latest request whose reply was learnt from. */
  readonly learnt: number;
}

/** One request that was let through. */
export interface Ticket {
  readonly number: number;
  readonly tokens: number;
  /** All that was ever spent, up to and with this request. */
  readonly spent: { readonly tokens: number; readonly requests: number };
}

const MINUTE_MS = 60_000;

/** As long as the longest `Retry-After` that is granted. */
const TOLD_STOP_MS_MAX = 600_000;

/** A governor that has sent nothing yet. */
export function seed(limits: MinuteLimits, now: number, tuning: GovernorTuning = GOVERNOR_TUNING): GovernorState {
  const meter = (asked: number | undefined): Meter => {
    const empty = { asked, limit: asked, balance: 0, spent: 0 };
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
    learnt: 0,
  };
}

/**
 * Lets a request of so many tokens through, with a ticket, or tells how many milliseconds it has to wait at least. One
 * that is larger than all that may be saved up goes when that much is there, and leaves a debt.
 */
export function admit(
  before: GovernorState,
  now: number,
  { tokens }: { readonly tokens: number },
): { readonly state: GovernorState; readonly waitMs: number; readonly ticket?: Ticket } {
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
  const ticket = {
    number: next.sent,
    tokens,
    spent: { tokens: next.tokens.spent, requests: next.requests.spent },
  };
  return { state: next, waitMs: 0, ticket };
}

/** Gives back what a request spent that was let through and never went out. */
export function withdraw(before: GovernorState, now: number, { tokens }: Ticket): GovernorState {
  const state = advance(before, now);
  return {
    ...state,
    tokens: credited(state.tuning, state.tokens, tokens),
    requests: credited(state.tuning, state.requests, 1),
  };
}

/**
 * Takes what a reply tells. It speaks of the moment when the service took the request in, so what was let through after
 * it is taken off. A reply that comes after that of a later request tells nothing new.
 */
export function learn(before: GovernorState, now: number, ticket: Ticket, told: RateLimits): GovernorState {
  const state = advance(before, now);
  if (ticket.number < state.learnt) return state;
  return {
    ...state,
    tokens: corrected(state.tuning, state.tokens, told.tokens, ticket.spent.tokens),
    requests: corrected(state.tuning, state.requests, told.requests, ticket.spent.requests),
    learnt: ticket.number,
  };
}

/** Counts a request that succeeded by what was charged for it. */
export function settle(before: GovernorState, now: number, ticket: Ticket, charged: number): GovernorState {
  const state = advance(before, now);
  return { ...state, tokens: credited(state.tuning, state.tokens, ticket.tokens - charged), refusalsInRow: 0 };
}

/**
 * Takes a refusal (429). Everybody stops for as long as the service says, or else for longer with each refusal in a
 * row. The pace is cut once for all requests that were under way together. A refused request still counts as one.
 */
export function refused(
  before: GovernorState,
  now: number,
  ticket: Ticket,
  { retryAfterMs, told }: { readonly retryAfterMs: number | undefined; readonly told: RateLimits },
): GovernorState {
  const state = learn(before, now, ticket, told);
  const { cut, stopMs } = state.tuning;
  const fresh = ticket.number > (state.lastCut?.sent ?? 0);
  const refusalsInRow = fresh ? state.refusalsInRow + 1 : state.refusalsInRow;
  const ownMs = Math.min(stopMs.longest, stopMs.first * 2 ** Math.max(0, refusalsInRow - 1));
  const toldMs = Math.max(untilRefilled(told.tokens, ticket.tokens), untilRefilled(told.requests, 1));
  const emptied = (meter: Meter): Meter => ({ ...meter, balance: Math.min(0, meter.balance) });
  return {
    ...state,
    tokens: emptied(credited(state.tuning, state.tokens, ticket.tokens)),
    requests: emptied(state.requests),
    stopUntil: Math.max(state.stopUntil, now + (retryAfterMs ?? Math.max(ownMs, toldMs))),
    refusalsInRow,
    lastCut: fresh && cut < 1 ? { pace: pace(state, now), at: now, sent: state.sent } : state.lastCut,
  };
}

/**
 * Share of the limits that is used now, above 0 and up to 1. After a cut it climbs back, stays about where it was, and
 * then tries for more, ever faster: the cubic curve of TCP (RFC 9438), which suits a competitor that comes and goes.
 */
export function pace({ lastCut, tuning }: GovernorState, now: number): number {
  if (lastCut === undefined) return 1;
  const phase = (now - lastCut.at) / tuning.recoveryMs - 1;
  return Math.min(1, Math.max(tuning.paceMin, lastCut.pace * (1 + (1 - tuning.cut) * phase ** 3)));
}

/** Brings the balances up to a time. Nothing is saved up during a stop, so that no burst follows it. */
function advance(state: GovernorState, now: number): GovernorState {
  const elapsedMs = Math.max(0, now - Math.max(state.at, state.stopUntil));
  const refilled = (meter: Meter): Meter => credited(state.tuning, meter, elapsedMs * perMs(state, meter, now));
  return { ...state, at: Math.max(now, state.at), tokens: refilled(state.tokens), requests: refilled(state.requests) };
}

/** What time adds to a balance, a millisecond. */
function perMs(state: GovernorState, { limit }: Meter, now: number): number {
  return ((limit ?? 0) * (1 - state.tuning.headroom) * pace(state, now)) / MINUTE_MS;
}

/** What may be saved up: a minute's worth where the service itself grants it. */
function capacity(tuning: GovernorTuning, { limit, asked }: Pick<Meter, 'limit' | 'asked'>): number {
  return (limit ?? 0) * (1 - tuning.headroom) * (limit === asked ? tuning.askedBurst : 1);
}

function credited(tuning: GovernorTuning, meter: Meter, amount: number): Meter {
  return { ...meter, balance: Math.min(capacity(tuning, meter), meter.balance + amount) };
}

function spend(meter: Meter, amount: number): Meter {
  return { ...meter, balance: meter.balance - amount, spent: meter.spent + amount };
}

function untilSavedUp(state: GovernorState, meter: Meter, amount: number): number {
  if (meter.limit === undefined) return 0;
  const missing = Math.min(amount, capacity(state.tuning, meter)) - meter.balance;
  // A millionth may be missing for ever: adding up small steps is not exact.
  return missing < Math.max(1, amount) / 1e6 ? 0 : Math.max(1, Math.ceil(missing / perMs(state, meter, state.at)));
}

function corrected(tuning: GovernorTuning, meter: Meter, told: ToldLimit, spentThen: number): Meter {
  const limit = Math.min(told.limit ?? Infinity, (told.limit === undefined ? meter.limit : meter.asked) ?? Infinity);
  if (limit === Infinity) return meter;
  const known = { ...meter, limit };
  const spentSince = meter.spent - spentThen;
  const balance = meter.limit === undefined ? capacity(tuning, known) - spentSince : meter.balance;
  const left = (told.remaining ?? Infinity) - tuning.headroom * (told.limit ?? limit) - spentSince;
  return credited(tuning, { ...known, balance: Math.min(balance, left) }, 0);
}

/**
 * How long a limit that is used up says it will take, in milliseconds; 0 where it says nothing beyond its minute. A
 * reset that comes sooner than steady refilling could bring it is the end of a window, before which nothing comes. One
 * that comes later belongs to a longer limit, such as one a day, which refills in proportion.
 */
function untilRefilled({ limit, remaining, resetMs }: ToldLimit, amount: number): number {
  if (limit === undefined || remaining === undefined || resetMs === undefined) return 0;
  const missing = Math.min(amount, limit) - remaining;
  if (missing <= 0) return 0;
  const used = limit - remaining;
  const steadyMs = (used / limit) * MINUTE_MS;
  if (resetMs < 0.9 * steadyMs) return resetMs;
  return resetMs > 1.1 * steadyMs ? Math.min(TOLD_STOP_MS_MAX, (resetMs * missing) / used) : 0;
}
