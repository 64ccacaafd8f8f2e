import { counted, MEASURES, type EvaluationRecord, type MeasureName } from '@lockstep/model';
import type { ComparisonJson } from '../results/evaluate-result.ts';
import { marked } from '../terminal/marked.ts';
import { printable } from '../terminal/printable.ts';
import { shownTime } from '../terminal/shown-time.ts';
import { detectableText, measureText } from './evaluation-text.ts';
import { shownId } from './recorded-evaluations.ts';

/** A comparison of two evaluations: what changed, whether chance explains it, and how small a loss it would have seen. */
export function comparisonText(corpus: string, comparison: ComparisonJson): string {
  const { before, after, questions, onlyBefore, onlyAfter, measures, lost, lostMost } = comparison;
  const { k } = after;
  const pad = (text: string, width: number): string => text.padStart(width);
  const lines = [
    `${corpus} comparison: ${verdictOf(comparison)}`,
    `  before      ${nameOf(before)}`,
    `  after       ${nameOf(after)}`,
    `  ${''.padEnd(12)}before   after  change   95 % interval      p     better  worse`,
    ...MEASURES.map((measure) => {
      const { change, lossP, gainP, better, worse, ...means } = measures[measure];
      const interval = `${signed(change.low)} to ${signed(change.high)}`;
      const p = Math.min(lossP, gainP);
      return `  ${measureText(measure, k).padEnd(12)}${pad(means.before.toFixed(3), 6)}${pad(means.after.toFixed(3), 8)}${pad(signed(change.mean), 8)}   ${interval}${pad(p < 0.001 ? '<0.001' : p.toFixed(3), 9)}${pad(String(better), 8)}${pad(String(worse), 7)}`;
    }),
    `  questions   ${questions} of both${leftOut(onlyBefore, onlyAfter)}`,
    `  sees        a loss of ${detectableText(detectableOf(measures), k)}, about four times out of five`,
  ];
  if (lost.length > 0) {
    const named = lostMost.map(
      ({ id, before: rank, after: now }) => `${printable(id)} (${rankText(rank)} to ${rankText(now)})`,
    );
    lines.push(`  lost most   ${named.join(', ')}`);
  }
  return lines.join('\n');
}

function verdictOf({ lost, gained, after, measures }: ComparisonJson): string {
  const names = (of: readonly MeasureName[]): string => of.map((measure) => measureText(measure, after.k)).join(', ');
  if (lost.length > 0) return marked('bad', `SEARCH GOT WORSE in ${names(lost)}`);
  if (gained.length > 0) return marked('good', `better in ${names(gained)}`);
  const isBlind = MEASURES.every((measure) => measures[measure].detectable === null);
  if (isBlind) return marked('warning', 'with so few questions, no loss can be seen');
  return marked('good', 'no loss that chance would not explain');
}

function nameOf({ evaluationId, evaluatedAt, qdrantTarget, model }: EvaluationRecord): string {
  return `${shownId(evaluationId)} of ${shownTime(evaluatedAt)}, ${qdrantTarget}, ${model}`;
}

function leftOut(onlyBefore: number, onlyAfter: number): string {
  const left = onlyBefore + onlyAfter;
  return left === 0 ? '' : `; ${counted(left, 'question')} left out, which only one has, or with other answers`;
}

function detectableOf(measures: ComparisonJson['measures']): Record<MeasureName, number | null> {
  return Object.fromEntries(MEASURES.map((measure) => [measure, measures[measure].detectable])) as never;
}

function signed(change: number): string {
  const text = change.toFixed(3);
  if (Number(text) === 0) return '0.000'.padStart(6);
  return change > 0 ? `+${text}` : text;
}

function rankText(rank: number | null): string {
  return rank === null ? 'not found' : `rank ${rank}`;
}
