import type { MeasureName } from '@lockstep/model';

/** Scores are kept with so many decimals, so that equal results have equal scores on every machine. */
const DECIMALS = 1e6;

/**
 * What one question got, each from 0 to 1, of its first `k` results. A result without a grade counts as not relevant, as does
 * one of grade 0.
 *
 * - `recall`: the share of all relevant answers that are among the results.
 * - `mrr`: 1 divided by the rank of the first relevant result; 0 without one.
 * - `ndcg`: the sum of `grade / log2(rank + 1)`, divided by that of the best possible order. Gains are the grades themselves,
 *   as in trec_eval and BEIR.
 *
 * @param found ids in the order of the results, without repeats
 * @param relevant grades by id; at least one is above 0
 */
export function measureQuestion(
  found: readonly string[],
  relevant: ReadonlyMap<string, number>,
  k: number,
): Record<MeasureName, number> {
  const grades = found.slice(0, k).map((id) => relevant.get(id) ?? 0);
  const wanted = [...relevant.values()].filter((grade) => grade > 0).toSorted((a, b) => b - a);
  const first = grades.findIndex((grade) => grade > 0);
  return {
    recall: rounded(grades.filter((grade) => grade > 0).length / wanted.length),
    mrr: rounded(first === -1 ? 0 : 1 / (first + 1)),
    ndcg: rounded(discounted(grades) / discounted(wanted.slice(0, k))),
  };
}

function discounted(grades: readonly number[]): number {
  return grades.reduce((sum, grade, at) => sum + grade / Math.log2(at + 2), 0);
}

function rounded(score: number): number {
  return Math.round(score * DECIMALS) / DECIMALS;
}
