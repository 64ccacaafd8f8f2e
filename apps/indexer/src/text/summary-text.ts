import { counted } from '@lockstep/model';
import type { EmbedReceipt, LoadReceipt, ValidateReceipt, VerifyReceipt } from '@lockstep/pipeline';
import { costText } from './cost-text.ts';
import { leftOutText } from './left-out-text.ts';
import { rejectText } from './validate-text.ts';
import { verdictText } from './verify-text.ts';

/** The receipts of one corpus. */
export interface CorpusReceipts {
  readonly corpus: string;
  /** Folder of its files, as people can open it. */
  readonly folder: string;
  readonly validate: ValidateReceipt | undefined;
  readonly embed: EmbedReceipt | undefined;
  /** When this machine embedded last; a receipt with another time came from a shared cache. */
  readonly embeddedHere: string | undefined;
  readonly loadQdrant: LoadReceipt | undefined;
  readonly loadNeon: LoadReceipt | undefined;
  readonly verify: VerifyReceipt | undefined;
}

/** Start times in the receipts that the last summary has shown: a stage with the same time has not run again. */
export type ShownReceipts = Readonly<Record<string, string>>;

/** What the last load did with each corpus, and whether all are in step. */
export function summaryText(
  all: readonly CorpusReceipts[],
  shown: ShownReceipts,
  priceOf: (embed: EmbedReceipt) => number | undefined,
): string {
  if (all.length === 0) return 'No corpus has been loaded yet.';
  const closing = all.every(({ verify }) => verify?.ok === true)
    ? 'All corpora are in step. Try: npx indexer search "your question"'
    : 'Not all corpora are in step. Load again; where a corpus differs, its verify.json lists how.';
  const leftOut = all.flatMap(({ validate, verify, folder }) => (verify && leftOutText(validate, folder)) ?? []);
  const end = [...leftOut, closing].join('\n');
  return [...all.map((receipts) => corpusText(receipts, shown, priceOf)), end].join('\n\n');
}

function corpusText(
  { corpus, folder, validate, embed, embeddedHere, loadQdrant, loadNeon, verify }: CorpusReceipts,
  shown: ShownReceipts,
  priceOf: (embed: EmbedReceipt) => number | undefined,
): string {
  const isNew = (stage: string, receipt: { readonly startedAt: string } | undefined): boolean =>
    receipt !== undefined && shown[`${corpus} ${stage}`] !== receipt.startedAt;
  if (verify === undefined) return `${corpus}  NOT LOADED: dropped, or not verified since its last load; load again`;
  const lines = [`${corpus}  ${verdictText(verify)}`];
  const { input, cache, qdrant, neon } = verify.counts;
  lines.push(
    `  chunks   input ${input}, cache ${cache}, qdrant ${qdrant}, neon ${neon}${verify.kept > 0 ? `, ${verify.kept} kept` : ''}`,
  );
  if (validate !== undefined && validate.rejected + validate.duplicates > 0) {
    lines.push(
      `  input    ${validate.rejected} rejected, ${counted(validate.duplicates, 'duplicate')}, ${validate.held} held`,
      ...(validate.rejects ?? []).map((sum) => `           ${rejectText(sum)}`),
    );
  }
  if (embed !== undefined && embed.refused > 0) {
    lines.push(`  refused  ${counted(embed.refused, 'text')} by the embedding service (${folder}/embed/refused.jsonl)`);
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
      : 'was in step, nothing written';
    lines.push(`  ${label.padEnd(8)} ${did} (${receipt.target})`);
  }
  lines.push(`  receipts ${folder}/`);
  return lines.join('\n');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
