import type { DatabaseSync } from 'node:sqlite';
import {
  evaluationColumns,
  toEvaluationRecord,
  toQuestionScores,
  type EvaluationRecord,
  type QuestionScores,
} from '@lockstep/model';

/** Evaluations, with columns as those of `lockstep_evaluation` in Postgres; times as in the run table. */
export const EVALUATION_SCHEMA = `
  create table if not exists evaluation (
    evaluation_id text primary key, corpus text not null, evaluated_at text not null, fence integer, run_id text,
    digest text, model text not null, dimensions integer not null, qdrant_target text not null,
    neon_target text not null, questions_from text not null, questions_digest text not null,
    questions integer not null, unanswerable integer not null, k integer not null, measures text not null,
    tokens_paid integer not null, scores text not null) strict;
  create index if not exists evaluation_evaluated on evaluation (evaluated_at desc);`;

/** Statements over the evaluations of one open database. */
export interface EvaluationTable {
  /** Keeps an evaluation, unless it is there already. */
  enter(evaluation: EvaluationRecord, scores: QuestionScores): void;
  /** Last first. */
  latest(query: { readonly corpus?: string | undefined; readonly limit: number }): EvaluationRecord[];
  scores(evaluationId: string): QuestionScores | undefined;
}

/** Prepares the statements; the table must exist. */
export function prepareEvaluationTable(database: DatabaseSync): EvaluationTable {
  const enter = database.prepare(
    `insert into evaluation (evaluation_id, corpus, evaluated_at, fence, run_id, digest, model, dimensions,
       qdrant_target, neon_target, questions_from, questions_digest, questions, unanswerable, k, measures, tokens_paid,
       scores)
     values (:evaluation_id, :corpus, :evaluated_at, :fence, :run_id, :digest, :model, :dimensions, :qdrant_target,
       :neon_target, :questions_from, :questions_digest, :questions, :unanswerable, :k, :measures, :tokens_paid, :scores)
     on conflict (evaluation_id) do nothing`,
  );
  const latest = database.prepare(
    `select evaluation_id, corpus, evaluated_at, fence, run_id, digest, model, dimensions, qdrant_target, neon_target,
       questions_from, questions_digest, questions, unanswerable, k, measures, tokens_paid
     from evaluation where corpus = coalesce(?, corpus) order by evaluated_at desc, evaluation_id limit ?`,
  );
  const scores = database.prepare('select scores from evaluation where evaluation_id = ?');

  return {
    enter: (evaluation, given) => void enter.run(evaluationColumns(evaluation, given)),
    latest: ({ corpus, limit }) => latest.all(corpus ?? null, limit).map(toEvaluationRecord),
    scores(evaluationId) {
      const row = scores.get(evaluationId);
      return row === undefined ? undefined : toQuestionScores(row);
    },
  };
}
