import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EvaluationRecord, Ledger, QuestionScores } from '@lockstep/model';
import { AWKWARD_TEXTS } from './awkward-json.ts';

export const EXAMPLE_SCORES: QuestionScores = {
  ids: ['q1', 'q2'],
  keys: ['k1', 'k2'],
  recall: [1, 0],
  mrr: [0.5, 0],
  ndcg: [0.63093, 0],
};

/** An evaluation whose values all differ, so that a mixed-up column is noticed. */
export function exampleEvaluation(fields: Partial<EvaluationRecord> = {}): EvaluationRecord {
  return {
    evaluationId: randomUUID(),
    corpus: 'books',
    evaluatedAt: '2026-01-02T03:04:05.006Z',
    run: { fence: 3, runId: 'a run', digest: 'of its chunks' },
    model: 'a model',
    dimensions: 384,
    qdrantTarget: 'host.invalid/points',
    neonTarget: 'host.invalid/db/rows',
    questionsFrom: 'docs/questions.json',
    questionsDigest: 'of the questions',
    questions: 2,
    unanswerable: 1,
    k: 10,
    measures: {
      recall: { mean: 0.5, low: 0, high: 1 },
      mrr: { mean: 0.25, low: 0.1, high: 0.4 },
      ndcg: { mean: 0.315465, low: 1 / 3, high: 0.7 },
    },
    tokensPaid: 17,
    ...fields,
  };
}

/** What every `Ledger` must do with evaluations. Registers vitest tests; every test uses corpora of its own. */
export function evaluationSuite(open: () => Ledger): void {
  describe('evaluations', () => {
    let ledger: Ledger;
    let corpus: string;
    beforeEach(() => {
      ledger = open();
      corpus = `corpus-${randomUUID()}`;
    });

    it('a corpus has no evaluations before the first, and an unknown evaluation has no scores', async () => {
      expect(await ledger.evaluations({ corpus, limit: 9 })).toEqual([]);
      expect(await ledger.questionScores(randomUUID())).toBeUndefined();
    });

    it('an evaluation and the scores of its questions are read back as they were, with a run and without one', async () => {
      for (const run of [exampleEvaluation().run, null]) {
        const evaluation = exampleEvaluation({ corpus: `${corpus}-${run === null}`, run });
        await ledger.addEvaluation(evaluation, EXAMPLE_SCORES);
        expect(await ledger.evaluations({ corpus: evaluation.corpus, limit: 9 })).toStrictEqual([evaluation]);
        expect(await ledger.questionScores(evaluation.evaluationId)).toStrictEqual(EXAMPLE_SCORES);
      }
    });

    it('an evaluation that is added again stays as it was', async () => {
      const evaluation = exampleEvaluation({ corpus });
      await ledger.addEvaluation(evaluation, EXAMPLE_SCORES);
      await ledger.addEvaluation({ ...evaluation, k: 99 }, { ...EXAMPLE_SCORES, mrr: [0, 0] });
      expect(await ledger.evaluations({ corpus, limit: 9 })).toStrictEqual([evaluation]);
      expect(await ledger.questionScores(evaluation.evaluationId)).toStrictEqual(EXAMPLE_SCORES);
    });

    it('evaluations come last first, at most as many as asked for, of one corpus or of all', async () => {
      const at = (day: number) => ({ corpus, evaluatedAt: `2026-02-0${day}T00:00:00.000Z` });
      const [first, second, third] = [exampleEvaluation(at(1)), exampleEvaluation(at(2)), exampleEvaluation(at(3))];
      const foreign = exampleEvaluation({ corpus: `${corpus}-other`, evaluatedAt: '2026-02-02T12:00:00.000Z' });
      for (const each of [second, third, foreign, first]) await ledger.addEvaluation(each, EXAMPLE_SCORES);
      expect(await ledger.evaluations({ corpus, limit: 9 })).toStrictEqual([third, second, first]);
      expect(await ledger.evaluations({ corpus, limit: 2 })).toStrictEqual([third, second]);
      const all = await ledger.evaluations({ limit: 10_000 });
      const own = all.filter((each) => each.corpus.startsWith(corpus));
      expect(own).toStrictEqual([third, foreign, second, first]);
    });

    it('evaluations of the same time come in the order of their ids', async () => {
      const ids = ['0a', '0b', 'f0'].map((part) => `${part}${randomUUID().slice(2)}`);
      for (const evaluationId of ids.toReversed()) {
        await ledger.addEvaluation(exampleEvaluation({ corpus, evaluationId }), EXAMPLE_SCORES);
      }
      const found = await ledger.evaluations({ corpus, limit: 9 });
      expect(found.map(({ evaluationId }) => evaluationId)).toEqual(ids);
    });

    it('awkward texts in ids, names and files are read back as they were', async () => {
      for (const text of AWKWARD_TEXTS.filter(({ length }) => length < 1_000)) {
        const evaluation = exampleEvaluation({
          ...{ corpus: `${corpus}${text}`, model: text, qdrantTarget: text, neonTarget: text, questionsFrom: text },
          ...{ questionsDigest: text, run: { fence: 2 ** 40, runId: text, digest: text } },
        });
        const scores: QuestionScores = { ...EXAMPLE_SCORES, ids: [text, `${text} 2`], keys: [text, text] };
        await ledger.addEvaluation(evaluation, scores);
        expect(await ledger.evaluations({ corpus: evaluation.corpus, limit: 9 })).toStrictEqual([evaluation]);
        expect(await ledger.questionScores(evaluation.evaluationId)).toStrictEqual(scores);
      }
    });

    it('the scores of ten thousand questions are kept', async () => {
      const numbers = Array.from({ length: 10_000 }, (_, at) => at / 10_000);
      const names = numbers.map((_, at) => `question-${at}`);
      const scores: QuestionScores = { ids: names, keys: names, recall: numbers, mrr: numbers, ndcg: numbers };
      const evaluation = exampleEvaluation({ corpus });
      await ledger.addEvaluation(evaluation, scores);
      expect(await ledger.questionScores(evaluation.evaluationId)).toStrictEqual(scores);
    });
  });
}
