import { MEASURES, type MeasuredMean, type MeasureName, type QuestionScores } from '@lockstep/model';
import { bootstrapMeans, meanOf } from './bootstrap.ts';
import { detectableLoss } from './detectable-loss.ts';
import { createRandom } from './random.ts';

/** How often a comparison of two equally good searches may call one of them worse: one time in a hundred. */
export const SIGNIFICANCE = 0.01;

/** A smaller loss is nobody's concern, however certain it is. */
const LOSS_MIN = 0.001;

/** Random assignments of signs; fewer where very many questions differ. */
const FLIPS = 10_000;
const FLIPS_MIN = 2_000;
const SIGNS_MAX = 30_000_000;

const SEED = 40;

/** Sums of the same differences in another order may differ by as much. */
const ROUNDING = 1e-9;

export interface CompareOptions {
  /** A loss of the mean of a measure up to this is accepted, 0 to 1. @default 0.001 */
  readonly lossMax?: number | undefined;
}

/** How one measure changed. */
export interface MeasureChange {
  readonly before: number;
  readonly after: number;
  /** `after - before`, with its bootstrap interval of 95 %. */
  readonly change: MeasuredMean;
  /** How often such a loss in any measure would come of chance alone, if both searches were equally good. */
  readonly lossP: number;
  /** The same of a gain. */
  readonly gainP: number;
  /** Questions that got better and worse. */
  readonly better: number;
  readonly worse: number;
  /** The smallest loss that this comparison would have seen about four times out of five; null where it would have seen none. */
  readonly detectable: number | null;
}

export interface Comparison {
  /** Questions that both have, with the same answers. */
  readonly questions: number;
  /** Questions that only one of them has; they are left out. */
  readonly onlyBefore: number;
  readonly onlyAfter: number;
  readonly measures: Readonly<Record<MeasureName, MeasureChange>>;
  /** Measures whose mean fell by more than is accepted, and more than chance explains. */
  readonly lost: readonly MeasureName[];
  /** Measures that gained more than chance explains. */
  readonly gained: readonly MeasureName[];
  /** The questions that lost most in `ndcg`, at most `LOST_MOST`; ranks are those of the first relevant result, null without one. */
  readonly lostMost: readonly { readonly id: string; readonly before: number | null; readonly after: number | null }[];
}

/** How many questions a comparison names. */
const LOST_MOST = 10;

/**
 * Compares two evaluations question by question. A question is paired with the same question with the same answers; their ids and
 * order do not matter.
 *
 * The test is a paired randomisation test: if both searches were equally good, each difference could as well have had the other sign.
 * A p value is the share of random assignments of signs whose largest loss in any measure, in units of its spread, is at least the one
 * that was seen, so that three measures do not give three chances of a false alarm. It is deterministic.
 *
 * *Source*: Smucker, Allan and Carterette, "A comparison of statistical significance tests for information retrieval evaluation"
 * (2007); for several measures, Westfall and Young, "Resampling-based multiple testing" (1993).
 */
export function compareScores(before: QuestionScores, after: QuestionScores, options: CompareOptions = {}): Comparison {
  const { lossMax = LOSS_MIN } = options;
  const known = new Set(before.keys);
  const places = new Map(after.keys.map((key, at) => [key, at]));
  const pairs = before.keys.flatMap((key, at): [number, number][] => {
    const place = places.get(key);
    return place === undefined ? [] : [[at, place]];
  });
  const scores = MEASURES.map((measure) => ({
    before: pairs.map(([at]) => before[measure][at] as number),
    after: pairs.map(([, at]) => after[measure][at] as number),
  }));
  const differences = scores.map((each) => each.after.map((score, at) => score - (each.before[at] as number)));
  const chances = flipSigns(differences);
  const changes = bootstrapMeans(differences);
  const measures = MEASURES.map((measure, index): [MeasureName, MeasureChange] => {
    const own = differences[index] as number[];
    const change = changes[index] as MeasuredMean;
    const each = scores[index] as (typeof scores)[number];
    return [
      measure,
      {
        before: meanOf(each.before),
        after: meanOf(each.after),
        change,
        ...(chances[index] as Chances),
        better: own.filter((difference) => difference > 0).length,
        worse: own.filter((difference) => difference < 0).length,
        detectable: detectableLoss(each.before, chanceVariance(own, change.mean)),
      },
    ];
  });
  const all = Object.fromEntries(measures) as Record<MeasureName, MeasureChange>;
  return {
    questions: pairs.length,
    onlyBefore: before.keys.length - pairs.length,
    onlyAfter: after.keys.filter((key) => !known.has(key)).length,
    measures: all,
    lost: MEASURES.filter((name) => all[name].lossP <= SIGNIFICANCE && all[name].change.mean < -lossMax),
    gained: MEASURES.filter((name) => all[name].gainP <= SIGNIFICANCE),
    lostMost: pairs
      .map(([at, place]) => ({
        id: after.ids[place] as string,
        lost: (before.ndcg[at] as number) - (after.ndcg[place] as number),
        before: rankOf(before.mrr[at] as number),
        after: rankOf(after.mrr[place] as number),
      }))
      .filter(({ lost }) => lost > 0)
      .toSorted((a, b) => b.lost - a.lost || (a.id < b.id ? -1 : 1))
      .slice(0, LOST_MOST)
      .map(({ id, before: rank, after: now }) => ({ id, before: rank, after: now })),
  };
}

/** The rank of the first relevant result. */
function rankOf(reciprocal: number): number | null {
  return reciprocal === 0 ? null : Math.round(1 / reciprocal);
}

/**
 * The variance of the differences without that of a loss: chance brings as many losses as gains, so that the gains tell. A search that
 * is better has more of them than chance, and then the variance around the mean is the smaller one.
 */
function chanceVariance(differences: readonly number[], mean: number): number {
  const ofGains = 2 * meanOf(differences.map((difference) => Math.max(0, difference) ** 2));
  return Math.min(ofGains, meanOf(differences.map((difference) => (difference - mean) ** 2)));
}

type Chances = Pick<MeasureChange, 'lossP' | 'gainP'>;

/** The p values of each list of differences, which are equally long. */
function flipSigns(lists: readonly (readonly number[])[]): Chances[] {
  const count = lists[0]?.length ?? 0;
  // A question without any difference has the same sum with either sign.
  const changed = Array.from({ length: count }, (_, at) => at).filter((at) => lists.some((list) => list[at] !== 0));
  const values = lists.map((list) => Float64Array.from(changed, (at) => list[at] as number));
  // Every assignment has the same sum of squares, which makes the measures comparable.
  const spreads = values.map((list) => Math.sqrt(list.reduce((sum, value) => sum + value * value, 0)));
  const gainOf = (sum: number, index: number): number => (spreads[index] === 0 ? 0 : sum / (spreads[index] as number));
  const observed = values.map((list, index) =>
    gainOf(
      list.reduce((sum, value) => sum + value, 0),
      index,
    ),
  );
  const rounds = Math.max(FLIPS_MIN, Math.min(FLIPS, Math.floor(SIGNS_MAX / Math.max(1, changed.length))));
  const losses = new Array<number>(lists.length).fill(0);
  const gains = new Array<number>(lists.length).fill(0);
  const random = createRandom(SEED);
  const sums = new Float64Array(lists.length);
  for (let round = 0; round < rounds; round += 1) {
    sums.fill(0);
    let bits = 0;
    for (let at = 0; at < changed.length; at += 1) {
      if (at % 32 === 0) bits = random();
      const isFlipped = (bits & 1) === 1;
      bits >>>= 1;
      for (let list = 0; list < values.length; list += 1) {
        const value = (values[list] as Float64Array)[at] as number;
        sums[list] = (sums[list] as number) + (isFlipped ? -value : value);
      }
    }
    let [least, most] = [Infinity, -Infinity];
    for (let list = 0; list < values.length; list += 1) {
      const gain = gainOf(sums[list] as number, list);
      if (gain < least) least = gain;
      if (gain > most) most = gain;
    }
    for (const [index, gain] of observed.entries()) {
      if (least <= gain + ROUNDING) losses[index] = (losses[index] as number) + 1;
      if (most >= gain - ROUNDING) gains[index] = (gains[index] as number) + 1;
    }
  }
  // The assignment that was seen is one of the possible ones.
  const share = (met: number): number => (met + 1) / (rounds + 1);
  return observed.map((_, index) => ({ lossP: share(losses[index] as number), gainP: share(gains[index] as number) }));
}
