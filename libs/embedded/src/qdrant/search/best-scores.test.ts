import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BestScores } from './best-scores.ts';

it('BestScores has the scores that sorting all of them puts first', () => {
  const score = fc.integer({ min: -5, max: 5 });
  fc.assert(
    fc.property(fc.array(score, { maxLength: 60 }), fc.nat(20), (values, size) => {
      const best = new BestScores(size);
      const all = values.map((one, slot) => ({ slot, score: one }));
      for (const one of all) best.offer(one.slot, one.score);
      const sorted = all.toSorted((a, b) => b.score - a.score || a.slot - b.slot);
      expect(best.sorted()).toEqual(sorted.slice(0, size));
    }),
  );
});
