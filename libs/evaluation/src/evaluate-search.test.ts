import { describe, expect, it } from 'vitest';
import { evaluateSearch, type EvaluatedSearch } from './evaluate-search.ts';
import type { Question } from './questions/question.ts';

const question = (id: string, by: Question['by'], ...relevant: string[]): Question => ({
  ...{ id, text: `about ${id}`, by },
  relevant: new Map(relevant.map((each) => [each, 1])),
});
const hit = (chunkId: string, score: number, documentId: string | null = null) => ({ chunkId, documentId, score });
const answers =
  (hits: EvaluatedSearch['hits'], dropped = 0) =>
  async () => ({ hits, dropped });
const OPTIONS = { k: 10, limitMax: 100 };

describe('evaluateSearch', () => {
  it('gives each measure as the mean over the questions, within its interval, and the score of every question', async () => {
    const questions = [question('q1', 'chunk', 'a'), question('q2', 'chunk', 'b'), question('q3', 'chunk', 'x')];
    const { measures, scores } = await evaluateSearch({
      ...OPTIONS,
      questions,
      search: answers([hit('a', 0.9), hit('b', 0.8)]),
    });
    expect(scores).toMatchObject({ ids: ['q1', 'q2', 'q3'], recall: [1, 1, 0], mrr: [1, 0.5, 0] });
    expect(measures.mrr.mean).toBeCloseTo(0.5, 10);
    expect(measures.recall.mean).toBeCloseTo(2 / 3, 10);
    for (const { low, mean, high } of Object.values(measures)) {
      expect(low).toBeGreaterThanOrEqual(0);
      expect(low).toBeLessThan(mean);
      expect(high).toBeGreaterThan(mean);
      expect(high).toBeLessThanOrEqual(1);
    }
  });

  it('takes results of equal score in the order of their ids, in whatever order they come', async () => {
    const questions = [question('q', 'chunk', 'b')];
    for (const hits of [
      [hit('c', 0.5), hit('b', 0.5), hit('a', 0.5)],
      [hit('b', 0.5), hit('a', 0.5), hit('c', 0.5)],
    ]) {
      const { scores } = await evaluateSearch({ ...OPTIONS, questions, search: answers(hits) });
      expect(scores.mrr).toEqual([0.5]);
    }
  });

  it('counts several chunks of one document as one result, and asks for enough of them', async () => {
    const limits: number[] = [];
    const hits = [hit('1', 0.9, 'd1'), hit('2', 0.8, 'd1'), hit('3', 0.7), hit('4', 0.6, 'd2')];
    const search = async (_text: string, { limit }: { limit: number }) => {
      limits.push(limit);
      return { hits, dropped: 0 };
    };
    const questions = [question('by document', 'document', 'd2'), question('by chunk', 'chunk', '4')];
    const { scores } = await evaluateSearch({ ...OPTIONS, k: 2, questions, search, concurrency: 1 });
    expect(limits).toEqual([100, 2]);
    expect(scores.mrr).toEqual([0.5, 0]);
  });

  it('adds up the results that the searches dropped', async () => {
    const questions = [question('q1', 'chunk', 'a'), question('q2', 'chunk', 'a')];
    const { dropped } = await evaluateSearch({ ...OPTIONS, questions, search: answers([], 3) });
    expect(dropped).toBe(6);
  });

  it('asks no further question once a search has failed, and fails with its error', async () => {
    let asked = 0;
    const questions = Array.from({ length: 50 }, (_, at) => question(`q${at}`, 'chunk', 'a'));
    const search = async (): Promise<EvaluatedSearch> => {
      asked += 1;
      if (asked === 5) throw new Error('the fifth');
      return { hits: [], dropped: 0 };
    };
    await expect(evaluateSearch({ ...OPTIONS, questions, search, concurrency: 3 })).rejects.toThrow('the fifth');
    expect(asked).toBeLessThanOrEqual(7);
  });

  it('stops with the reason of its signal', async () => {
    const signal = AbortSignal.abort(new Error('stopped'));
    const questions = [question('q', 'chunk', 'a')];
    await expect(evaluateSearch({ ...OPTIONS, questions, search: answers([]), signal })).rejects.toThrow('stopped');
  });
});
