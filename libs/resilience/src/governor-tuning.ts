/** How careful a governor is, and how soon it tries again. */
export interface GovernorTuning {
  /** Share of every limit that is left alone. */
  readonly headroom: number;
  /** Share of a minute that may be saved up under a limit that the caller set. */
  readonly askedBurst: number;
  /** What a refusal leaves of the pace. */
  readonly cut: number;
  /** So long after a cut the pace is back where it was, in milliseconds; from then on it tries for more. */
  readonly recoveryMs: number;
  /** The pace never falls below this share of the limits. */
  readonly paceMin: number;
  /** The stop after a refusal that names no time, in milliseconds; it doubles with each refusal in a row. */
  readonly stopMs: { readonly first: number; readonly longest: number };
}

/** Each with its reason; `governor-simulation.test.ts` holds them against three kinds of service. */
export const GOVERNOR_TUNING: GovernorTuning = {
  /** Clocks, counts and competitors are never known exactly. */
  headroom: 0.03,
  /** Ten seconds: some services look at no more than that, and the first minute shall not have twice the limit. */
  askedBurst: 1 / 6,
  /** A small step, since headers and stops do most of it. */
  cut: 0.93,
  recoveryMs: 8_000,
  paceMin: 0.02,
  /** As the guard's own waits. */
  stopMs: { first: 500, longest: 20_000 },
};
