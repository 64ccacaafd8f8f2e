import { IndexingError, type EvaluationRecord, type Ledger, type QuestionScores } from '@lockstep/model';
import { printable } from '../terminal/printable.ts';

/** An evaluation with the scores of its questions. */
export interface ScoredEvaluation {
  readonly evaluation: EvaluationRecord;
  readonly scores: QuestionScores;
}

/** Stands for the latest evaluation of the corpus. */
const LAST = 'last';

/** Evaluations among which an id is looked for. */
const LOOKED_AT = 10_000;

/** Evaluations that a message names. */
const NAMED_MAX = 5;

/** Digits that tell one evaluation from another in messages. */
const SHOWN_DIGITS = 8;

/** An id as messages show it, and as it may be typed. */
export function shownId(evaluationId: string): string {
  return evaluationId.slice(0, SHOWN_DIGITS);
}

/**
 * The evaluation that somebody names: `last`, an id, or the beginning of one, of any corpus. Fails with `evaluation-unknown` where
 * there is none, or more than one.
 */
export async function findEvaluation(
  ledger: Ledger,
  { named, corpus, signal }: { readonly named: string; readonly corpus: string; readonly signal: AbortSignal },
): Promise<ScoredEvaluation> {
  const of = named === LAST ? corpus : undefined;
  const all = await ledger.evaluations({ corpus: of, limit: named === LAST ? 1 : LOOKED_AT }, { signal });
  const found = named === LAST ? all : all.filter(({ evaluationId }) => evaluationId.startsWith(named.toLowerCase()));
  const [evaluation, ...others] = found;
  const scores = evaluation && (await ledger.questionScores(evaluation.evaluationId, { signal }));
  if (evaluation !== undefined && scores !== undefined && others.length === 0) return { evaluation, scores };
  const latest = (await ledger.evaluations({ corpus, limit: NAMED_MAX }, { signal })).map((each) =>
    shownId(each.evaluationId),
  );
  const known =
    latest.length === 0 ? `${corpus} was not evaluated yet` : `the latest of ${corpus} are ${latest.join(', ')}`;
  const what =
    others.length > 0
      ? `${found.length} evaluations have an id that begins with ${JSON.stringify(printable(named))}`
      : named === LAST
        ? 'There is no last evaluation'
        : `There is no evaluation ${JSON.stringify(printable(named))}`;
  throw new IndexingError({ code: 'evaluation-unknown', message: `${what}; ${known}.` });
}
