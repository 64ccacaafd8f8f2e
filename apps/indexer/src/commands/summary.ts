import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '@lockstep/model';
import {
  FILES,
  type EmbedReceipt,
  type LoadReceipt,
  type ValidateReceipt,
  type VerifyReceipt,
} from '@lockstep/pipeline';
import { costText } from '../cost-text.ts';
import { workspaceCommand } from '../run-command.ts';
import { embeddingPrice } from '../settings/embedding-price.ts';
import { COMMON_ARGS } from '../settings/flags.ts';
import { readJson, workspaceCorpora } from '../settings/workspace-corpora.ts';

/** The receipts of one corpus. */
interface Receipts {
  readonly corpus: string;
  readonly validate: ValidateReceipt | undefined;
  readonly embed: EmbedReceipt | undefined;
  /** When embeddings were made on this machine last; those of another receipt came from a shared cache. */
  readonly embeddedHere: string | undefined;
  readonly loadQdrant: LoadReceipt | undefined;
  readonly loadNeon: LoadReceipt | undefined;
  readonly verify: VerifyReceipt | undefined;
}

const STAGES = ['validate', 'embed', 'loadQdrant', 'loadNeon', 'verify'] as const;

/** Start times of receipts that an earlier summary has shown: a stage with the same one was not run again since. */
type Shown = Readonly<Record<string, string>>;

const SHOWN_FILE = 'summary.json';

export const summary = workspaceCommand({
  name: 'summary',
  description: 'Sums up what the last load did, from the receipts of all corpora',
  args: COMMON_ARGS,
  async run({ root, stateDirectory, flags, environment }) {
    const shown: Shown = readJson(join(stateDirectory, SHOWN_FILE)) ?? {};
    // What else lies in the state directory was run by hand.
    const all = workspaceCorpora(root)
      .map(({ name }) => readReceipts(stateDirectory, name))
      .filter(({ verify }) => verify !== undefined);
    const now = Object.fromEntries(
      all.flatMap((receipts) =>
        STAGES.flatMap((stage) => {
          const receipt = receipts[stage];
          return receipt === undefined ? [] : [[`${receipts.corpus} ${stage}`, receipt.startedAt]];
        }),
      ),
    );
    writeFileSync(join(stateDirectory, SHOWN_FILE), `${JSON.stringify(now, null, 2)}\n`, { mode: 0o600 });
    const ok = all.length > 0 && all.every(({ verify }) => verify?.ok === true);
    const priced = (embed: EmbedReceipt): string => costText(embed.tokens, embeddingPrice(embed, flags, environment));
    const text = all.map((receipts) => corpusText(receipts, shown, priced)).join('\n\n');
    return {
      text: all.length === 0 ? 'No corpus has been loaded yet.' : `${text}\n\n${closing(ok)}`,
      json: { ok, corpora: all },
      exit: ok ? EXIT.done : EXIT.differ,
    };
  },
});

function readReceipts(stateDirectory: string, corpus: string): Receipts {
  const read = <Receipt>(name: string) => readJson<Receipt>(join(stateDirectory, corpus, name));
  return {
    corpus,
    validate: read(FILES.validateReceipt),
    embed: read(FILES.embedReceipt),
    embeddedHere: read<{ startedAt: string }>(FILES.embeddedHere)?.startedAt,
    loadQdrant: read(FILES.loadQdrantReceipt),
    loadNeon: read(FILES.loadNeonReceipt),
    verify: read(FILES.verifyReceipt),
  };
}

function corpusText(
  { corpus, validate, embed, embeddedHere, loadQdrant, loadNeon, verify }: Receipts,
  shown: Shown,
  priced: (embed: EmbedReceipt) => string,
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
        ? `${embed.embedded} embedded, ${embed.cached} from the cache; ${priced(embed)}; ${seconds(embed.durationMs)}`
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

function closing(ok: boolean): string {
  return ok
    ? 'All corpora are in step. Try: npx indexer search "What is the whiteness of the whale?"'
    : 'Not all corpora are in step: see verify.json of each, then load again.';
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
