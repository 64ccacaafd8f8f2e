import { counted, type StoreName } from '@lockstep/model';
import { placeText, type CorpusPlan, type PlanCounts, type ValidateReceipt } from '@lockstep/pipeline';
import { alert, code, folded, prose, table } from '../../markdown/escape-markdown.ts';
import type { CorpusSection } from '../../markdown/pull-request-comment.ts';
import { dollarsText } from '../cost-text.ts';
import { overlongText } from '../overlong-text.ts';
import { cacheText, planRows, storesOf, tokensText } from '../plan-text.ts';
import { hasNothingToDo } from '../plan-verdict.ts';
import { CONVERSIONS } from '../validate-text.ts';

/** What a comment says of each corpus, in one row. */
export const PLAN_COLUMNS = [
  'corpus',
  'outcome',
  'qdrant: add / change / delete',
  'neon: add / change / delete',
  'texts to embed',
  'tokens',
  'cost',
];
export const PLAN_NUMBERS = [4, 5, 6];

/** Why a run would be refused, or why there is no plan. */
export interface PlanFailure {
  readonly code: string;
  readonly message: string;
  readonly advice: string;
}

export interface PlannedCorpus {
  readonly plan: CorpusPlan;
  readonly validated: ValidateReceipt;
  readonly price: number | undefined;
  readonly refused: PlanFailure | undefined;
  /** Sentences for people. */
  readonly warnings: readonly string[];
}

/** A plan as a part of a comment on a pull request. Addresses of stores are left out: anyone may read a comment. */
export function planSection({ plan, validated, price, refused, warnings }: PlannedCorpus): CorpusSection {
  const { corpus, embedding, embedder, input, overlong, elsewhere } = plan;
  const isCompared = storesOf(plan).length > 0;
  const inStep = isCompared && hasNothingToDo(plan);
  const moved = (elsewhere?.corpora ?? [])
    .slice(0, 1)
    .map(
      (most) =>
        `${counted(most.count, 'chunk')} of ${elsewhere?.asked} looked for are stored under ${code(most.corpus)} with the same content; to move them without paying: ${code(`indexer rename ${most.corpus} ${corpus}`)}`,
    );
  const allWarnings = [...warnings.map(prose), ...moved, ...(input.rejected > 0 ? [leftOut(validated)] : [])];
  const outcome =
    refused === undefined
      ? inStep
        ? 'nothing to do'
        : isCompared
          ? 'to load'
          : 'not compared'
      : `**refused** (${code(refused.code)})`;
  const sentences = [
    `${counted(input.accepted, 'chunk')} in the input. To embed: ${counted(embedding.texts, 'text')}, ${prose(tokensText(plan, price))} (${code(embedder.model)}, ${counted(embedder.dimensions, 'dimension')}). The cache ${prose(cacheText(embedding, price))}.`,
    ...(overlong === null || overlong.records === 0 ? [] : [`${prose(overlongText(overlong, price))}.`]),
  ];
  const body = [
    `### ${code(corpus)}${allWarnings.length > 0 || refused !== undefined ? '' : `: ${outcome}`}`,
    ...(refused === undefined
      ? []
      : [
          alert(
            'CAUTION',
            `**A run would be refused** (${code(refused.code)}): ${prose(refused.message)} ${prose(refused.advice)}`,
          ),
        ]),
    ...allWarnings.map((text) => alert('WARNING', text)),
    ...(isCompared
      ? [
          table(
            ['', ...storesOf(plan).map(([store]) => store)],
            planRows(plan).map(([label = '', ...counts]) => [rowLabel(label), ...counts]),
            [1, 2],
          ),
        ]
      : []),
    sentences.join(' '),
  ].join('\n\n');
  return {
    rank: refused !== undefined ? 1 : allWarnings.length > 0 ? 2 : inStep ? 4 : 3,
    row: [
      code(corpus),
      `${outcome}${allWarnings.length > 0 ? `, ${counted(allWarnings.length, 'warning')}` : ''}`,
      ...(['qdrant', 'neon'] as const).map((store) => countsCell(plan, store)),
      String(embedding.texts),
      String(embedding.tokens),
      prose(dollarsText(embedding.tokens, price)),
    ],
    body: inStep && allWarnings.length === 0 && refused === undefined ? '' : body,
    details: detailsOf(corpus, validated),
  };
}

/** A corpus of which there is no plan. */
export function failedSection(corpus: string, failure: PlanFailure, isRefused: boolean): CorpusSection {
  const what = isRefused ? 'A run would be refused' : 'The plan failed';
  return {
    rank: isRefused ? 1 : 0,
    row: [code(corpus), `**${isRefused ? 'refused' : 'failed'}** (${code(failure.code)})`, '', '', '', '', ''],
    body: [
      `### ${code(corpus)}`,
      alert('CAUTION', `**${what}** (${code(failure.code)}): ${prose(failure.message)} ${prose(failure.advice)}`),
    ].join('\n\n'),
    details: '',
  };
}

/** The columns of the plan for a terminal, as one phrase. */
function rowLabel(label: string): string {
  return label.trim().replace(/ {2,}/, ': ');
}

function countsCell({ stores }: CorpusPlan, store: StoreName): string {
  const counts: PlanCounts | undefined = stores[store]?.plan;
  if (stores[store] === undefined || counts === undefined) return 'not compared';
  return `${counts.add} / ${counts.change} / ${counts.delete}`;
}

function leftOut({ rejected, records, held }: ValidateReceipt): string {
  const stay = held > 0 ? `; versions of them that the stores have stay there` : '';
  return `**${rejected} of ${counted(records, 'record')} left out**${stay}`;
}

/** Rejected records by reason, and what was converted so that records could be accepted. */
function detailsOf(corpus: string, { rejects = [], converted = [], rejected }: ValidateReceipt): string {
  const lists = [];
  if (rejects.length > 0) {
    const rows = rejects.map((sum) => [
      code(sum.code),
      String(sum.count),
      `${code(placeText(sum.example))}: ${code(sum.example.message)}`,
    ]);
    lists.push(
      folded(
        `${code(corpus)}: ${counted(rejected, 'record')} left out, by reason`,
        table(['reason', 'records', 'first'], rows, [1]),
      ),
    );
  }
  if (converted.length > 0) {
    const rows = converted.map(({ kind, count, example }) => [
      CONVERSIONS[kind][count === 1 ? 0 : 1],
      String(count),
      code(`${placeText(example)}${example.field === '' ? '' : `, ${example.field}`}`),
    ]);
    lists.push(
      folded(
        `${code(corpus)}: converted so that records could be accepted`,
        table(['what', 'values', 'first'], rows, [1]),
      ),
    );
  }
  return lists.join('\n\n');
}
