/** Texts of a length between two bounds, both included. `upTo` is null in the last one, which has no upper bound. */
export interface LengthBin {
  readonly from: number;
  readonly upTo: number | null;
  readonly texts: number;
}

/** Upper bounds: powers of two, among which the limits of the known models are. */
const UPPER_BOUNDS = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192];

/** Counts texts by their length in tokens. */
export function createLengthHistogram() {
  const counts = [...UPPER_BOUNDS, Infinity].map(() => 0);
  return {
    add(tokens: number): void {
      const at = UPPER_BOUNDS.findIndex((bound) => tokens <= bound);
      const bin = at < 0 ? UPPER_BOUNDS.length : at;
      counts[bin] = (counts[bin] as number) + 1;
    },
    /** From the shortest text to the longest, those between without a text included. */
    bins(): readonly LengthBin[] {
      const bins = counts.map((texts, at) => ({
        from: at === 0 ? 1 : (UPPER_BOUNDS[at - 1] as number) + 1,
        upTo: UPPER_BOUNDS[at] ?? null,
        texts,
      }));
      const last = bins.findLastIndex(({ texts }) => texts > 0);
      return bins.slice(
        Math.max(
          0,
          bins.findIndex(({ texts }) => texts > 0),
        ),
        last + 1,
      );
    },
  };
}
