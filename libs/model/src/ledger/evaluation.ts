/** What an evaluation measures of the first `k` results of every question. Each is a mean over questions, 0 to 1. */
export const MEASURES = ['recall', 'mrr', 'ndcg'] as const;
export type MeasureName = (typeof MEASURES)[number];

/** A mean over questions, with its bootstrap interval of 95 %. */
export interface MeasuredMean {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** How good a search in one index was, for a set of questions with known answers. */
export interface EvaluationRecord {
  /** A UUID. */
  readonly evaluationId: string;
  readonly corpus: string;
  /** ISO 8601, UTC, milliseconds. */
  readonly evaluatedAt: string;
  /** The latest run that wrote to the collection; null where the ledger knows none. */
  readonly run: EvaluatedRun | null;
  readonly model: string;
  readonly dimensions: number;
  /** Addresses of the stores for display. */
  readonly qdrantTarget: string;
  readonly neonTarget: string;
  /** Where the questions came from: a path from the root of the workspace. */
  readonly questionsFrom: string;
  /** SHA-256 over all questions with their answers, in 64 hex digits. */
  readonly questionsDigest: string;
  /** How many questions there were. */
  readonly questions: number;
  /** Questions of which no answer is in the corpus. They count as not found. */
  readonly unanswerable: number;
  /** How many results of each question were looked at. */
  readonly k: number;
  readonly measures: Readonly<Record<MeasureName, MeasuredMean>>;
  /** Tokens that the embedding service charged for. */
  readonly tokensPaid: number;
}

export interface EvaluatedRun {
  readonly fence: number;
  readonly runId: string;
  /** Digest of the chunks in its input. */
  readonly digest: string;
}

/** The measures of each question, so that two evaluations can be compared question by question. All lists are equally long. */
export interface QuestionScores extends Readonly<Record<MeasureName, readonly number[]>> {
  readonly ids: readonly string[];
  /** Equal keys mean the same question with the same answers, in any file. */
  readonly keys: readonly string[];
}
