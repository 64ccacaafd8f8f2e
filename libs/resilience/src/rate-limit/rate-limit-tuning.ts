/** How careful a rate limiter is, and how soon it tries again. */
export interface RateLimitTuning {
  /** Share of every limit that is left unused. */
  readonly headroom: number;
  /** Share of a minute that may be saved up under a limit that the caller configured. */
  readonly configuredBurst: number;
  /** The pace after a refusal, as a share of the pace before it. */
  readonly cut: number;
  /** Time after a cut until the pace is back where it was, in milliseconds; from then on it tries for more. */
  readonly recoveryMs: number;
  /** The pace never falls below this share of the limits. */
  readonly paceMin: number;
  /** The stop after a refusal that names no time, in milliseconds; it doubles with each refusal in a row. */
  readonly stopMs: { readonly first: number; readonly longest: number };
}

/** Each value with its reason; `rate-limit-simulation.test.ts` checks them against three kinds of service. */
export const RATE_LIMIT_TUNING: RateLimitTuning = {
  /** Clocks, counts and competitors are never known exactly. */
  headroom: 0.03,
  /** Ten seconds: some services look at no more than that, and the first minute must not get twice the limit. */
  configuredBurst: 1 / 6,
  /** A small step, since headers and stops do most of the work. */
  cut: 0.93,
  recoveryMs: 8_000,
  paceMin: 0.02,
  /** The same as the guard's own waits. */
  stopMs: { first: 500, longest: 20_000 },
};
