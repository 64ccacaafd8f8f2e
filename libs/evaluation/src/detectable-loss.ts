import { meanOf } from './bootstrap.ts';

/** Normal quantiles: of the significance of a comparison, 0.01, and of the power, 0.8. */
const Z_SIGNIFICANCE = 2.326;
const Z_POWER = 0.842;

/** Halvings of the interval in which the answer lies: enough for six decimals. */
const HALVINGS = 30;

/**
 * How small a loss of the mean a comparison sees with these questions, about four times out of five. The loss is one of answers that are no
 * longer found: the scores of a share of the questions fall to 0. Null where not even the loss of all answers would be seen.
 *
 * @param scores what each question got before
 * @param variance of the differences that the questions have for other reasons. @default 0: all other questions stay as they are
 */
export function detectableLoss(scores: readonly number[], variance = 0): number | null {
  const count = scores.length;
  const mean = meanOf(scores);
  const square = meanOf(scores.map((score) => score * score));
  // Flipping the signs of all differences at random, a sum has the variance of the sum of their squares.
  const isSeen = (share: number): boolean => {
    const squares = variance + share * square;
    const spread = squares - (share * mean) ** 2;
    return (
      count * share * mean >= Math.sqrt(count) * (Z_SIGNIFICANCE * Math.sqrt(squares) + Z_POWER * Math.sqrt(spread))
    );
  };
  if (mean === 0 || !isSeen(1)) return null;
  let [low, high] = [0, 1];
  for (let step = 0; step < HALVINGS; step += 1) {
    const middle = (low + high) / 2;
    if (isSeen(middle)) high = middle;
    else low = middle;
  }
  return high * mean;
}
