import { counted, type StoreName } from '@lockstep/model';
import type { CorpusPlan, PlanCounts, ProvisionedStore } from '@lockstep/pipeline';
import { costText } from './cost-text.ts';
import { overlongText } from './overlong-text.ts';
import { storedCount } from './stored-count.ts';

/** The lines of the table: what is to be done and why, and the number of chunks in one store. */
const LINES: readonly (readonly [label: string, count: (plan: PlanCounts) => number])[] = [
  ['add        missing in the store', ({ add }) => add],
  ['change     text', ({ reasons }) => reasons.text ?? 0],
  ['change     model', ({ reasons }) => reasons.model ?? 0],
  ['change     metadata', ({ reasons }) => reasons.metadata ?? 0],
  ['change     projection: which fields points carry', ({ reasons }) => reasons.projection ?? 0],
  ['change     drift: labels match, contents do not', ({ reasons }) => reasons.drift ?? 0],
  ['delete     no longer in the input', (plan) => plan.delete],
  ['           of which the text is added under another id', ({ sameTexts = 0 }) => sameTexts],
  ['held       record rejected, last good version stays', ({ held }) => held],
  ['kept       no longer in the input, not deleted', ({ kept }) => kept],
  ['unchanged', ({ unchanged }) => unchanged],
];

/** Lines that are shown even when all their numbers are 0. */
const ALWAYS = new Set(['add        missing in the store', 'delete     no longer in the input', 'unchanged']);

/** A plan as a table: what a run would do in each store, and what it would pay. */
export function planText(plan: CorpusPlan, price: number | undefined): string {
  const { corpus, input, embedder, overlong, embedding } = plan;
  const stores = storesOf(plan);
  const rows = planRows(plan);
  const head = ['', ...stores.map(([store]) => store)];
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart((widths[at] ?? 0) + 2))).join('')}`.trimEnd();
  return [
    `${corpus} plan: ${counted(input.accepted, 'chunk')} in the input${input.rejected > 0 ? `, ${counted(input.rejected, 'record')} rejected` : ''}`,
    ...(stores.length === 0 ? [`  stores     ${NOT_COMPARED}`] : [line(head), ...rows.map(line)]),
    `  embed      ${counted(embedding.texts, 'text')}, ${tokensText(plan, price)} (${embedder.model}, ${counted(embedder.dimensions, 'dimension')})`,
    ...(overlong === null || overlong.records === 0 ? [] : [`  too long   ${overlongText(overlong, price)}`]),
    `  cache      ${cacheText(embedding, price)}`,
    ...elsewhereLines(plan),
    ...stores.map(([store, { target, depth }]) => `  ${store.padEnd(10)} ${target}, ${DEPTH_TEXT[depth]}`),
  ].join('\n');
}

/** Tokens to pay for. They are counted as the model does; of a model that only its service knows, as OpenAI's models do. */
export function tokensText(
  { embedder, embedding }: Pick<CorpusPlan, 'embedder' | 'embedding'>,
  price: number | undefined,
): string {
  return `${embedder.host === null ? '' : 'about '}${costText(embedding.tokens, price)}`;
}

/** What is said of a plan that asked no store. */
export const NOT_COMPARED =
  'not compared with the input (--only embed): what a run would write and delete, and whether it would be refused, is not known';

/** The rows of the table of a plan: a label, and a number for each store. */
export function planRows(plan: CorpusPlan): string[][] {
  const stores = storesOf(plan);
  return LINES.flatMap(([label, count]) => {
    const counts = stores.map(([, store]) => (store.plan === undefined ? 0 : count(store.plan)));
    return ALWAYS.has(label) || counts.some((value) => value > 0) ? [[label, ...counts.map(String)]] : [];
  });
}

export function storesOf({ stores }: CorpusPlan): [StoreName, ProvisionedStore][] {
  return Object.entries(stores) as [StoreName, ProvisionedStore][];
}

const DEPTH_TEXT = {
  labels: 'compared by ids and hashes',
  content: 'compared by content',
} as const;

/** What need not be embedded, and what that saves. */
export function cacheText({ cachedChunks, tokensSaved }: CorpusPlan['embedding'], price: number | undefined): string {
  if (cachedChunks === 0) return 'has no vector of these chunks';
  return `has the vectors of ${counted(cachedChunks, 'chunk')}; saves about ${price === 0 ? counted(tokensSaved, 'token') : costText(tokensSaved, price)}, estimated from the size of the texts`;
}

/** A plan in one line. */
export function planLine(plan: CorpusPlan): string {
  const { corpus, embedding } = plan;
  const parts = storesOf(plan).map(([store, { plan: counts, count, target }]) =>
    counts === undefined
      ? `${store} in step since its last load (${storedCount(store, count)})`
      : `${store} (${target}) ${counts.add} to add, ${counts.change} to change, ${counts.delete} to delete`,
  );
  return `${corpus} plan: ${[...parts, `${counted(embedding.texts, 'text')} to embed`].join('; ')}`;
}

/** Corpora that a plan lists. */
const CORPORA_MAX = 5;

/** Chunks that are stored under other names, and the line that moves them here. */
function elsewhereLines({ corpus, elsewhere }: CorpusPlan): string[] {
  const [most, ...others] = elsewhere?.corpora ?? [];
  if (elsewhere === null || most === undefined) return [];
  const also = others.slice(0, CORPORA_MAX - 1).map((other) => `, ${other.count} under ${other.corpus}`);
  return [
    `  stored     ${most.count} of ${counted(elsewhere.asked, 'chunk')} looked for under ${most.corpus}${also.join('')}, with the same content`,
    `             to move them here without paying: indexer rename ${most.corpus} ${corpus}`,
  ];
}
