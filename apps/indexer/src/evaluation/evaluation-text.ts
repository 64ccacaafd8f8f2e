import { counted, MEASURES, type MeasureName } from '@lockstep/model';
import type { EvaluationJson } from '../results/evaluate-result.ts';
import { printable } from '../terminal/printable.ts';
import { dollarsText } from '../text/cost-text.ts';
import { shownId } from './recorded-evaluations.ts';

/** Measures as people know them. */
export function measureText(measure: MeasureName, k: number): string {
  return `${{ recall: 'recall', mrr: 'MRR', ndcg: 'nDCG' }[measure]}@${k}`;
}

/** The smallest losses that are seen, in one line. */
export function detectableText(detectable: Readonly<Record<MeasureName, number | null>>, k: number): string {
  const parts = MEASURES.map((measure) => {
    const loss = detectable[measure];
    return `${measureText(measure, k)} ${loss === null ? 'none' : loss.toFixed(3)}`;
  });
  return parts.join(', ');
}

/** Questions that a text names. */
const NAMED_MAX = 5;

/** An evaluation, with how small a loss its questions can show. */
export function evaluationText(evaluation: EvaluationJson): string {
  const { corpus, questions, questionsFrom, k, measures, embedding, model, dimensions, missingAnswers } = evaluation;
  const lines = [
    `${corpus} evaluation ${shownId(evaluation.evaluationId)}: ${counted(questions, 'question')} (${questionsFrom}), ${counted(k, 'result')} of each`,
    `  ${''.padEnd(12)}mean   95 % interval`,
    ...MEASURES.map((measure) => {
      const { mean, low, high } = measures[measure];
      return `  ${measureText(measure, k).padEnd(12)}${mean.toFixed(3)}  ${low.toFixed(3)} to ${high.toFixed(3)}`;
    }),
    `  index       ${evaluation.qdrantTarget}, ${evaluation.neonTarget} (${model}, ${counted(dimensions, 'dimension')})`,
    `  questions   ${embedding.embedded} embedded, ${embedding.cached} from the cache; ${counted(embedding.tokens, 'token')}, ${paidText(embedding)}`,
  ];
  if (missingAnswers > 0) lines.push(missingText(evaluation));
  if (evaluation.dropped > 0) {
    lines.push(
      `  dropped     ${counted(evaluation.dropped, 'result')} without a row of the same content; \`indexer verify ${corpus}\` says why`,
    );
  }
  lines.push(
    `  sees        a loss of ${detectableText(evaluation.detectable, k)}, about four times out of five,`,
    '              where answers are no longer found and all other questions stay as they are',
  );
  return lines.join('\n');
}

function paidText({ tokens, cost }: EvaluationJson['embedding']): string {
  if (cost === null) return dollarsText(tokens, undefined);
  return dollarsText(tokens, tokens === 0 ? 0 : (cost / tokens) * 1_000_000);
}

function missingText({ unanswerableIds, missingAnswers, questions }: EvaluationJson): string {
  const what = `  not there   ${counted(missingAnswers, 'answer')} of the questions ${missingAnswers === 1 ? 'is' : 'are'} not in the corpus, and count${missingAnswers === 1 ? 's' : ''} as not found`;
  if (unanswerableIds.length === 0) return what;
  const named = unanswerableIds.slice(0, NAMED_MAX).map((id) => printable(id));
  const more = unanswerableIds.length > named.length ? ` and ${unanswerableIds.length - named.length} more` : '';
  return `${what};\n              ${unanswerableIds.length} of ${questions} questions have no answer there: ${named.join(', ')}${more}`;
}
