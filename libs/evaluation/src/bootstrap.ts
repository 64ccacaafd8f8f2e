import type { MeasuredMean } from '@lockstep/model';
import { createRandom } from './random.ts';

/** Resamples of the questions; the ends of an interval move by less than a hundredth of its width with more. */
const RESAMPLES = 2_000;

/** Fewer for very many questions, whose intervals are narrow anyway. */
const DRAWS_MAX = 40_000_000;

const RESAMPLES_MIN = 200;

/** Any fixed number: the same values give the same interval. */
const SEED = 20_261_201;

/** The share of intervals that miss the true mean on each side. */
const TAIL = 0.025;

/**
 * The mean of each list with its interval of 95 %, by the percentiles of the means of resamples (percentile bootstrap). All lists are
 * equally long, have a value for each question, and are resampled together.
 */
export function bootstrapMeans(lists: readonly (readonly number[])[]): MeasuredMean[] {
  const count = lists[0]?.length ?? 0;
  const rounds = Math.max(RESAMPLES_MIN, Math.min(RESAMPLES, Math.floor(DRAWS_MAX / Math.max(1, count))));
  const random = createRandom(SEED);
  const drawn = lists.map(() => new Float64Array(rounds));
  const sums = new Float64Array(lists.length);
  for (let round = 0; round < rounds; round += 1) {
    sums.fill(0);
    for (let draw = 0; draw < count; draw += 1) {
      const at = Math.floor((random() / 2 ** 32) * count);
      for (let list = 0; list < lists.length; list += 1) {
        sums[list] = (sums[list] as number) + ((lists[list] as readonly number[])[at] as number);
      }
    }
    for (const [list, means] of drawn.entries()) means[round] = (sums[list] as number) / count;
  }
  return lists.map((list, at) => {
    const means = (drawn[at] as Float64Array).toSorted();
    const percentile = (share: number): number => means[Math.round(share * (rounds - 1))] as number;
    return { mean: meanOf(list), low: percentile(TAIL), high: percentile(1 - TAIL) };
  });
}

export function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
