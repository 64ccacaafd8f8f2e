import { code, prose } from '../../markdown/escape-markdown.ts';
import { pullRequestComment, type CorpusSection } from '../../markdown/pull-request-comment.ts';
import { NOT_COMPARED } from '../plan-text.ts';
import { PLAN_COLUMNS, PLAN_NUMBERS } from './plan-section.ts';

/** By this line a workflow finds its comment again. */
const MARK = '<!-- lockstep plan -->';

/** Names that the head lists. */
const NAMED_MAX = 20;

export interface PlanComment {
  readonly sections: readonly CorpusSection[];
  readonly notTried: readonly string[];
  /** Whether the stores were asked. */
  readonly isCompared: boolean;
}

const TO_LOAD = 'to load';
/** What sections of each rank are called. */
const RANKS = ['failed', 'would be refused', 'with warnings', TO_LOAD, 'with nothing to do'] as const;

/** The plans of one or several corpora as a comment on a pull request. */
export function planComment({ sections, notTried, isCompared }: PlanComment): string {
  const sums = RANKS.map((what, rank) => [sections.filter((section) => section.rank === rank).length, what] as const)
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${count} ${what === TO_LOAD && !isCompared ? 'not compared' : what}`);
  const corpora = sections.length === 1 ? '1 corpus' : `${sections.length} corpora`;
  const more = notTried.length > NAMED_MAX ? ` and ${notTried.length - NAMED_MAX} more` : '';
  const head = [
    `${MARK}\n## Lockstep plan`,
    `${corpora}: ${sums.join(', ')}. Nothing was written or paid for.`,
    ...(isCompared ? [] : [`The stores were ${prose(NOT_COMPARED)}.`]),
    ...(notTried.length === 0
      ? []
      : [
          `**Stopped**; ${notTried.length === 1 ? '1 corpus' : `${notTried.length} corpora`} not tried: ${notTried.slice(0, NAMED_MAX).map(code).join(', ')}${more}.`,
        ]),
  ];
  return pullRequestComment({
    command: 'plan',
    head: head.join('\n\n'),
    columns: PLAN_COLUMNS,
    numbers: PLAN_NUMBERS,
    sections,
  });
}
