import type { StoreName } from '@lockstep/model';
import type { CorpusPlan, PlanCounts, ProvisionedStore } from '@lockstep/pipeline';
import { dollarsText } from './cost-text.ts';

/** The lines of the table: what is to be done, why, and how many chunks of a store it concerns. */
const LINES: readonly (readonly [label: string, count: (plan: PlanCounts) => number])[] = [
  ['add        missing in the store', ({ add }) => add],
  ['change     text', ({ reasons }) => reasons.text ?? 0],
  ['change     model', ({ reasons }) => reasons.model ?? 0],
  ['change     metadata', ({ reasons }) => reasons.metadata ?? 0],
  ['change     projection', ({ reasons }) => reasons.projection ?? 0],
  ['change     drift', ({ reasons }) => reasons.drift ?? 0],
  ['delete     no longer in the input', (plan) => plan.delete],
  ['held       rejected, last good version stays', ({ held }) => held],
  ['kept       no longer in the input, may stay', ({ kept }) => kept],
  ['unchanged', ({ unchanged }) => unchanged],
];

/** Lines that are shown though they say 0. */
const ALWAYS = new Set(['add        missing in the store', 'delete     no longer in the input', 'unchanged']);

/** A plan as a table: what a run would do in each store, and what it would pay. */
export function planText(plan: CorpusPlan, price: number | undefined): string {
  const { corpus, input, embedder, embedding } = plan;
  const stores = Object.entries(plan.stores) as [StoreName, ProvisionedStore][];
  const rows = LINES.flatMap(([label, count]) => {
    const counts = stores.map(([, store]) => (store.plan === undefined ? 0 : count(store.plan)));
    return ALWAYS.has(label) || counts.some((value) => value > 0) ? [[label, ...counts.map(String)]] : [];
  });
  const head = ['', ...stores.map(([store]) => store)];
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart((widths[at] ?? 0) + 2))).join('')}`.trimEnd();
  return [
    `${corpus} plan: ${input.accepted} chunks wanted${input.rejected > 0 ? `, ${input.rejected} records rejected` : ''}`,
    line(head),
    ...rows.map(line),
    `  embed      ${embedding.texts} texts, ${embedding.tokens} tokens, ${dollarsText(embedding.tokens, price)} (${embedder.model}, ${embedder.dimensions} dimensions)`,
    `  cache      holds the vectors of ${embedding.cachedChunks} chunks; saves about ${embedding.tokensSaved} tokens, ${dollarsText(embedding.tokensSaved, price)}`,
    ...stores.map(([store, { target, depth }]) => `  ${store.padEnd(10)} ${target}, ${DEPTH_TEXT[depth]}`),
  ].join('\n');
}

const DEPTH_TEXT = {
  labels: 'compared by ids and hashes',
  content: 'without a stamp: compared by content',
} as const;

/** A plan in one line. */
export function planLine({ corpus, stores, embedding }: CorpusPlan): string {
  const parts = Object.entries(stores).map(([store, { plan, count, target }]) =>
    plan === undefined
      ? `${store} in step by its stamp (${count})`
      : `${store} (${target}) ${plan.add} to add, ${plan.change} to change, ${plan.delete} to delete`,
  );
  return `${corpus} plan: ${[...parts, `${embedding.texts} texts to embed`].join('; ')}`;
}
