import { counted } from '@lockstep/model';
import type { EmbedReceipt, LoadReceipt, ProvisionReceipt, ValidateReceipt, VerifyReceipt } from '@lockstep/pipeline';
import { costText } from '../text/cost-text.ts';
import { leftOutText, rejectText } from '../text/left-out-text.ts';
import type { CorpusStanding } from './corpus-standing.ts';
import { shownTime } from '../terminal/shown-time.ts';
import { NO_CORPUS, standingLines } from './standing-lines.ts';
import { verifiedText } from './verified-text.ts';

/** The receipts of one corpus. */
export interface CorpusReceipts {
  /** Folder of its files, as people can open it. */
  readonly folder: string;
  readonly validate: ValidateReceipt | undefined;
  readonly embed: EmbedReceipt | undefined;
  /** When this machine embedded last; a receipt with another time came from a shared cache. */
  readonly embeddedHere: string | undefined;
  readonly provision: ProvisionReceipt | undefined;
  readonly loadQdrant: LoadReceipt | undefined;
  readonly loadNeon: LoadReceipt | undefined;
  readonly verify: VerifyReceipt | undefined;
}

/** A corpus for the summary. */
export interface Summarised {
  readonly standing: CorpusStanding;
  readonly receipts: CorpusReceipts;
}

/** What the last run of each corpus came to, and whether all are in step. */
export function summaryText(
  corpora: readonly Summarised[],
  { isAll, priceOf }: { readonly isAll: boolean; readonly priceOf: (embed: EmbedReceipt) => number | undefined },
): string {
  if (corpora.length === 0) return NO_CORPUS;
  const leftOut = corpora.flatMap(({ standing, receipts }) =>
    standing.state === 'in-step' ? (leftOutText(receipts.validate, receipts.folder) ?? []) : [],
  );
  const end = [...leftOut, closing(corpora, isAll)].join('\n');
  return [...corpora.map((corpus) => corpusText(corpus, priceOf)), end].join('\n\n');
}

function closing(corpora: readonly Summarised[], isAll: boolean): string {
  const wrong = corpora.filter(({ standing }) => standing.state !== 'in-step').map(({ standing }) => standing.corpus);
  if (wrong.length > 0) return `NOT IN STEP: ${wrong.join(', ')}`;
  const [first] = corpora;
  const what = isAll
    ? 'All corpora are'
    : corpora.length === 1
      ? `${first?.standing.corpus} is`
      : `All ${corpora.length} corpora are`;
  return `${what} in step. Try: npx indexer search "your question"`;
}

function corpusText({ standing, receipts }: Summarised, priceOf: (embed: EmbedReceipt) => number | undefined): string {
  const lines = standingLines(standing);
  const { verified, isRunOfHere, run } = standing;
  if (standing.state !== 'in-step') return lines.join('\n');
  const { folder, verify } = receipts;
  if (isRunOfHere && verify !== undefined) lines.push(...didHere(standing, receipts, verify, priceOf));
  else if (run !== null) lines.push(`  loaded   by another machine, ${shownTime(run.startedAt)}`);
  if (verified !== null) lines.push(verifiedText(verified));
  if (isRunOfHere) lines.push(`  files    ${folder}/`);
  return lines.join('\n');
}

/** What the run did, from the receipts that its stages left. */
function didHere(
  { run }: CorpusStanding,
  { folder, validate, embed, embeddedHere, provision, loadQdrant, loadNeon }: CorpusReceipts,
  verify: VerifyReceipt,
  priceOf: (embed: EmbedReceipt) => number | undefined,
): string[] {
  const { input, cache, qdrant, neon } = verify.counts;
  const lines = [
    `  chunks   input ${input}, cache ${cache}, qdrant ${qdrant}, neon ${neon}${verify.kept > 0 ? `, ${verify.kept} kept` : ''}`,
  ];
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
    // The run table has no tokens for a run whose embed stage was replayed from a cache.
    const paidEarlier = run?.end?.embeddedAt === embed.startedAt && run.end.tokensPaid === 0 && embed.tokens > 0;
    const did =
      embeddedHere === embed.startedAt && !paidEarlier
        ? `${embed.embedded} embedded, ${embed.cached} from the cache; ${costText(embed.tokens, priceOf(embed))}; ${seconds(embed.durationMs)}`
        : `0 embedded, ${embed.texts} from the cache; nothing paid`;
    lines.push(`  embed    ${did} (${embed.model})`);
  }
  for (const [label, receipt] of [
    ['qdrant', loadQdrant],
    ['neon', loadNeon],
  ] as const) {
    if (receipt === undefined) continue;
    // The receipt of a load that was replayed from a cache has the id of the run that wrote.
    const did =
      receipt.runId === provision?.runId
        ? `${receipt.written} written, ${receipt.deleted} deleted; ${seconds(receipt.durationMs)}`
        : 'was in step, nothing written';
    lines.push(`  ${label.padEnd(8)} ${did} (${receipt.target})`);
  }
  return lines;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
