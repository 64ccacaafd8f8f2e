import type { EmbedReceipt, LoadReceipt, ValidateReceipt, VerifyReceipt } from '@lockstep/pipeline';
import { costText } from './cost-text.ts';

/** The receipts of one corpus. */
export interface CorpusReceipts {
  readonly corpus: string;
  readonly validate: ValidateReceipt | undefined;
  readonly embed: EmbedReceipt | undefined;
  /** When embeddings were made on this machine last; those of another receipt came from a shared cache. */
  readonly embeddedHere: string | undefined;
  readonly loadQdrant: LoadReceipt | undefined;
  readonly loadNeon: LoadReceipt | undefined;
  readonly verify: VerifyReceipt | undefined;
}

/** Start times of receipts that an earlier summary has shown: a stage with the same one was not run again since. */
export type ShownReceipts = Readonly<Record<string, string>>;

/** What the last load did with each corpus, and whether all are in step. */
export function summaryText(
  all: readonly CorpusReceipts[],
  shown: ShownReceipts,
  priceOf: (embed: EmbedReceipt) => number | undefined,
): string {
  if (all.length === 0) return 'No corpus has been loaded yet.';
  const closing = all.every(({ verify }) => verify?.ok === true)
    ? 'All corpora are in step. Try: npx indexer search "What is the whiteness of the whale?"'
    : 'Not all corpora are in step: see verify.json of each, then load again.';
  return [...all.map((receipts) => corpusText(receipts, shown, priceOf)), closing].join('\n\n');
}

function corpusText(
  { corpus, validate, embed, embeddedHere, loadQdrant, loadNeon, verify }: CorpusReceipts,
  shown: ShownReceipts,
  priceOf: (embed: EmbedReceipt) => number | undefined,
): string {
  const isNew = (stage: string, receipt: { readonly startedAt: string } | undefined): boolean =>
    receipt !== undefined && shown[`${corpus} ${stage}`] !== receipt.startedAt;
  const partly = verify?.counts.qdrant === null || verify?.counts.neon === null;
  const verdict =
    verify?.ok !== true ? 'NOT IN STEP' : partly ? 'in step, as far as one store was looked at' : 'in step';
  const lines = [`${corpus}  ${verdict}`];
  if (verify !== undefined) {
    const { input, cache, qdrant, neon } = verify.counts;
    lines.push(`  chunks   input ${input}, cache ${cache}, qdrant ${qdrant}, neon ${neon}`);
  }
  if (validate !== undefined && validate.rejected + validate.duplicates > 0) {
    lines.push(`  input    ${validate.rejected} rejected, ${validate.duplicates} duplicates, ${validate.held} held`);
  }
  if (embed !== undefined && embed.refused > 0) {
    lines.push(`  refused  ${embed.refused} texts by the embedding service (embed/refused.jsonl)`);
  }
  if (embed !== undefined) {
    const did =
      isNew('embed', embed) && embeddedHere === embed.startedAt
        ? `${embed.embedded} embedded, ${embed.cached} from the cache; ${costText(embed.tokens, priceOf(embed))}; ${seconds(embed.durationMs)}`
        : `0 embedded, ${embed.texts} from the cache; nothing paid`;
    lines.push(`  embed    ${did} (${embed.model})`);
  }
  for (const [stage, label, receipt] of [
    ['loadQdrant', 'qdrant', loadQdrant],
    ['loadNeon', 'neon', loadNeon],
  ] as const) {
    if (receipt === undefined) continue;
    const did = isNew(stage, receipt)
      ? `${receipt.written} written, ${receipt.deleted} deleted; ${seconds(receipt.durationMs)}`
      : 'in step already, nothing written';
    lines.push(`  ${label.padEnd(8)} ${did} (${receipt.target})`);
  }
  lines.push(`  receipts .lockstep/${corpus}/`);
  return lines.join('\n');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
