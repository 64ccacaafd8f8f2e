import { evaluationColumns, type EvaluationRecord, type QuestionScores, type Statement } from '@lockstep/model';

/** Keeps an evaluation, unless it is there already. */
export function enterEvaluation(evaluation: EvaluationRecord, scores: QuestionScores): Statement {
  const columns = Object.entries(evaluationColumns(evaluation, scores));
  return [
    `insert into lockstep_evaluation (${columns.map(([column]) => column).join(', ')})
     values (${columns.map((_, at) => `$${at + 1}`).join(', ')})
     on conflict (evaluation_id) do nothing`,
    columns.map(([, value]) => value),
  ];
}

/** The latest evaluations without the scores of their questions, for `toEvaluationRecord`. */
export function latestEvaluations({
  corpus,
  limit,
}: {
  readonly corpus?: string | undefined;
  readonly limit: number;
}): Statement {
  return [
    `select evaluation_id, corpus,
       to_char(evaluated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as evaluated_at, fence, run_id, digest, model,
       dimensions, qdrant_target, neon_target, questions_from, questions_digest, questions, unanswerable, k, measures, tokens_paid
     from lockstep_evaluation as evaluation where corpus = coalesce($1, corpus)
     order by evaluation.evaluated_at desc, evaluation.evaluation_id collate "C" limit $2`,
    [corpus ?? null, limit],
  ];
}
