import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measureQuestion } from './measure-question.ts';

const grades = (of: Readonly<Record<string, number>>): Map<string, number> => new Map(Object.entries(of));

describe('measureQuestion', () => {
  it.each<
    [
      title: string,
      found: string,
      relevant: Record<string, number>,
      k: number,
      recall: number,
      mrr: number,
      ndcg: number,
    ]
  >([
    ['the only answer is first', 'a b c', { a: 1 }, 10, 1, 1, 1],
    ['the only answer is third: 1 / log2(4)', 'b c a', { a: 1 }, 10, 1, 1 / 3, 0.5],
    ['the only answer is not found', 'b c', { a: 1 }, 10, 0, 0, 0],
    ['the only answer is behind the first k', 'b c a', { a: 1 }, 2, 0, 0, 0],
    ['nothing is found', '', { a: 1 }, 10, 0, 0, 0],
    ['one of two answers is second', 'c a', { a: 1, b: 1 }, 10, 0.5, 0.5, 0.386853],
    ['grades in the wrong order: (1 + 2 / log2(3)) / (2 + 1 / log2(3))', 'b a', { a: 2, b: 1 }, 10, 1, 1, 0.859719],
    ['grade 0 is not relevant', 'b a', { a: 1, b: 0 }, 10, 1, 0.5, 0.63093],
    ['more answers than k: the best possible has k of them', 'a b', { a: 1, b: 1, c: 1, d: 1 }, 2, 0.5, 1, 1],
  ])('%s', (_title, found, relevant, k, recall, mrr, ndcg) => {
    const measured = measureQuestion(found.split(' ').filter(Boolean), grades(relevant), k);
    expect(measured.recall).toBeCloseTo(recall, 5);
    expect(measured.mrr).toBeCloseTo(mrr, 5);
    expect(measured.ndcg).toBeCloseTo(ndcg, 5);
  });

  it('equals a computation that goes through all ranks and all orders, for any results and grades', () => {
    const ids = ['a', 'b', 'c', 'd', 'e'];
    const results = fc.shuffledSubarray(ids);
    const judged = fc.dictionary(fc.constantFrom(...ids), fc.integer({ min: 0, max: 3 }));
    fc.assert(
      fc.property(results, judged, fc.integer({ min: 1, max: 6 }), (found, relevant, k) => {
        fc.pre(Object.values(relevant).some((grade) => grade > 0));
        const measured = measureQuestion(found, grades(relevant), k);
        const top = found.filter((_, at) => at < k);
        const good = Object.keys(relevant).filter((id) => (relevant[id] ?? 0) > 0);
        const hit = top.filter((id) => good.includes(id));
        expect(measured.recall).toBeCloseTo(hit.length / good.length, 5);
        expect(measured.mrr).toBeCloseTo(hit.length === 0 ? 0 : 1 / (top.indexOf(hit[0] as string) + 1), 5);
        const gain = (order: readonly string[]): number => {
          let sum = 0;
          for (let rank = 1; rank <= Math.min(k, order.length); rank += 1) {
            sum += (relevant[order[rank - 1] as string] ?? 0) * (Math.LN2 / Math.log(rank + 1));
          }
          return sum;
        };
        const best = Math.max(...orders(good).map(gain));
        expect(measured.ndcg).toBeCloseTo(gain(found) / best, 5);
      }),
      { numRuns: 300 },
    );
  });
});

/** Every order of some ids. */
function orders(ids: readonly string[]): string[][] {
  if (ids.length === 0) return [[]];
  return ids.flatMap((id) => orders(ids.filter((other) => other !== id)).map((rest) => [id, ...rest]));
}
