import type { EvaluationRecord, QuestionScores } from '../ledger/evaluation.ts';
import type { SqlRow } from './sql-client.ts';

/** The columns of the table of evaluations, with their values. */
export function evaluationColumns(
  evaluation: EvaluationRecord,
  scores: QuestionScores,
): Readonly<Record<string, string | number | null>> {
  const { ids, keys, recall, mrr, ndcg } = scores;
  return {
    evaluation_id: evaluation.evaluationId,
    corpus: evaluation.corpus,
    evaluated_at: evaluation.evaluatedAt,
    fence: evaluation.run?.fence ?? null,
    run_id: evaluation.run?.runId ?? null,
    digest: evaluation.run?.digest ?? null,
    model: evaluation.model,
    dimensions: evaluation.dimensions,
    qdrant_target: evaluation.qdrantTarget,
    neon_target: evaluation.neonTarget,
    questions_from: evaluation.questionsFrom,
    questions_digest: evaluation.questionsDigest,
    questions: evaluation.questions,
    unanswerable: evaluation.unanswerable,
    k: evaluation.k,
    measures: JSON.stringify(evaluation.measures),
    tokens_paid: evaluation.tokensPaid,
    scores: JSON.stringify({ ids, keys, recall, mrr, ndcg }),
  };
}

/** An evaluation from its row, whose time is a text as in `EvaluationRecord`. Numbers may be texts. */
export function toEvaluationRecord(row: SqlRow): EvaluationRecord {
  return {
    evaluationId: row['evaluation_id'] as string,
    corpus: row['corpus'] as string,
    evaluatedAt: row['evaluated_at'] as string,
    run:
      row['run_id'] === null
        ? null
        : { fence: Number(row['fence']), runId: row['run_id'] as string, digest: row['digest'] as string },
    model: row['model'] as string,
    dimensions: Number(row['dimensions']),
    qdrantTarget: row['qdrant_target'] as string,
    neonTarget: row['neon_target'] as string,
    questionsFrom: row['questions_from'] as string,
    questionsDigest: row['questions_digest'] as string,
    questions: Number(row['questions']),
    unanswerable: Number(row['unanswerable']),
    k: Number(row['k']),
    measures: JSON.parse(row['measures'] as string) as EvaluationRecord['measures'],
    tokensPaid: Number(row['tokens_paid']),
  };
}

/** The scores of an evaluation from its row. */
export function toQuestionScores(row: SqlRow): QuestionScores {
  return JSON.parse(row['scores'] as string) as QuestionScores;
}
