import { describe, expect, it } from 'vitest';
import type { QuestionScores } from '@lockstep/model';
import { compareScores } from './compare-scores.ts';
import { detectableLoss } from './detectable-loss.ts';
import { createRandom } from './random.ts';

/** Scores of questions whose first relevant result has these ranks; 0 is not found. */
function scoresOf(ranks: readonly number[], names = (at: number) => `q${at}`): QuestionScores {
  const ids = ranks.map((_, at) => names(at));
  return {
    ...{ ids, keys: ids },
    recall: ranks.map((rank) => (rank === 0 ? 0 : 1)),
    mrr: ranks.map((rank) => (rank === 0 ? 0 : 1 / rank)),
    ndcg: ranks.map((rank) => (rank === 0 ? 0 : 1 / Math.log2(rank + 1))),
  };
}

const fraction = (seed: number): (() => number) => {
  const random = createRandom(seed);
  return () => random() / 2 ** 32;
};

/** Ranks as of a fair search: most are first, some later, some not found. */
function fairRanks(count: number, draw: () => number): number[] {
  return Array.from({ length: count }, () => (draw() < 0.6 ? 1 : draw() < 0.8 ? 2 + Math.floor(draw() * 8) : 0));
}

describe('compareScores', () => {
  it('pairs questions by what they ask, not by their order or ids, and counts those without a partner', () => {
    const before: QuestionScores = { ...scoresOf([1, 2, 0]), keys: ['one', 'two', 'old'] };
    const after: QuestionScores = { ...scoresOf([2, 1, 1], (at) => `renamed ${at}`), keys: ['two', 'one', 'new'] };
    const { questions, onlyBefore, onlyAfter, measures } = compareScores(before, after);
    expect({ questions, onlyBefore, onlyAfter }).toEqual({ questions: 2, onlyBefore: 1, onlyAfter: 1 });
    expect(measures.mrr).toMatchObject({ better: 0, worse: 0, before: 0.75, after: 0.75 });
  });

  it('its p value is that of all assignments of signs, where those can be counted', () => {
    // Nine of ten questions lose all, one gains all: of 1024 assignments, those with at most one gain are 11.
    const before = scoresOf([1, 1, 1, 1, 1, 1, 1, 1, 1, 0]);
    const after = scoresOf([0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    const { measures } = compareScores(before, after);
    for (const { lossP } of Object.values(measures)) expect(Math.abs(lossP - 11 / 1024)).toBeLessThan(0.004);
    expect(measures.recall.gainP).toBeGreaterThan(0.98);
  });

  it('says nothing of two equal searches, and gives the same result each time', () => {
    const scores = scoresOf(fairRanks(300, fraction(1)));
    const comparison = compareScores(scores, scores);
    expect(comparison).toMatchObject({ lost: [], gained: [], lostMost: [] });
    expect(comparison.measures.ndcg).toMatchObject({ lossP: 1, gainP: 1, better: 0, worse: 0 });
    const other = scoresOf(fairRanks(300, fraction(2)));
    expect(compareScores(scores, other)).toEqual(compareScores(scores, other));
  });

  it('names the questions that lost most, with their ranks', () => {
    const { lostMost } = compareScores(scoresOf([1, 1, 3, 1]), scoresOf([1, 0, 9, 2]));
    expect(lostMost).toEqual([
      { id: 'q1', before: 1, after: null },
      { id: 'q3', before: 1, after: 2 },
      { id: 'q2', before: 3, after: 9 },
    ]);
  });

  it('a loss that is accepted is not counted as one', () => {
    const [before, after] = [
      scoresOf(Array(300).fill(1)),
      scoresOf(Array.from({ length: 300 }, (_, at) => (at < 15 ? 0 : 1))),
    ];
    expect(compareScores(before, after).lost).toEqual(['recall', 'mrr', 'ndcg']);
    expect(compareScores(before, after, { lossMax: 0.06 }).lost).toEqual([]);
    expect(compareScores(after, before).gained).toEqual(['recall', 'mrr', 'ndcg']);
  });

  it('of 250 pairs of equally good searches it calls at most 5 worse, although three measures are tested', () => {
    const draw = fraction(3);
    let flagged = 0;
    for (let round = 0; round < 250; round += 1) {
      const base = fairRanks(300, draw);
      // A fifth of the questions gets another rank in each, by the same chance.
      const changed = (): QuestionScores =>
        scoresOf(base.map((rank) => (draw() < 0.2 ? (fairRanks(1, draw)[0] as number) : rank)));
      if (compareScores(changed(), changed()).lost.length > 0) flagged += 1;
    }
    expect(flagged).toBeLessThanOrEqual(5);
  });
});

describe('detectableLoss', () => {
  it.each([
    ['where all other questions stay as they are', 0],
    ['where a tenth of the questions changes by chance', 0.1],
  ])('about four of five losses of the stated size are found: %s', (_title, changing) => {
    const draw = fraction(4);
    let [found, rounds] = [0, 0];
    for (let round = 0; round < 120; round += 1) {
      const ranks = fairRanks(300, draw);
      const noisy = (): number[] => ranks.map((rank) => (draw() < changing ? (fairRanks(1, draw)[0] as number) : rank));
      const before = scoresOf(noisy());
      const after = noisy();
      const { measures } = compareScores(before, scoresOf(after));
      const loss = changing === 0 ? detectableLoss(before.recall) : measures.recall.detectable;
      const share = (loss as number) / measures.recall.before;
      const lossy = scoresOf(after.map((rank) => (draw() < share ? 0 : rank)));
      rounds += 1;
      if (compareScores(before, lossy).lost.length > 0) found += 1;
    }
    expect(found / rounds).toBeGreaterThan(0.72);
    expect(found / rounds).toBeLessThan(0.97);
  });

  it('more questions show smaller losses, and too few show none', () => {
    const of = (count: number) => detectableLoss(Array(count).fill(1));
    expect(of(5)).toBeNull();
    expect(of(300)).toBeLessThan(0.04);
    expect(of(3_000)).toBeLessThan(0.004);
    expect(detectableLoss(Array(300).fill(0))).toBeNull();
    expect(detectableLoss(Array(300).fill(1), 0.05)).toBeGreaterThan(of(300) as number);
  });
});
