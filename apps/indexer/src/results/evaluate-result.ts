import type { Comparison } from '@lockstep/evaluation';
import type { EvaluationRecord, MeasureName } from '@lockstep/model';

/** What `evaluate` prints with `--json`. */
export interface EvaluateResult {
  readonly corpus: string;
  /** What was evaluated now: the index of the corpus, then the second collection; none where recorded ones were compared. */
  readonly evaluations: readonly EvaluationJson[];
  readonly comparison: ComparisonJson | null;
  /** The file that questions were written to; null without `--make-questions`. */
  readonly madeQuestions: string | null;
}

export interface EvaluationJson extends EvaluationRecord {
  /** The smallest loss of each measure that a comparison sees about four times out of five; null where it sees none. */
  readonly detectable: Readonly<Record<MeasureName, number | null>>;
  /** Ids of questions of which no answer is in the corpus. */
  readonly unanswerableIds: readonly string[];
  /** Relevant ids that are not in the corpus, of all questions. */
  readonly missingAnswers: number;
  /** Results that were left out since the two stores differ. */
  readonly dropped: number;
  readonly embedding: QuestionEmbedding;
}

/** What was done to have the vectors of the questions. */
export interface QuestionEmbedding {
  /** Questions that were embedded, and those whose vectors the cache had. */
  readonly embedded: number;
  readonly cached: number;
  /** Tokens that were charged for. */
  readonly tokens: number;
  /** In US dollars; null where the price is not known. */
  readonly cost: number | null;
}

export interface ComparisonJson extends Comparison {
  readonly before: EvaluationRecord;
  readonly after: EvaluationRecord;
}
