import type { Facts, Span, Stage, Telemetry } from '@lockstep/model';
import type { EmbedReceipt, LoadReceipt, ProvisionReceipt, ValidateReceipt, VerifyReceipt } from '../receipts.ts';

interface Receipts {
  readonly validate: ValidateReceipt;
  readonly embed: EmbedReceipt;
  readonly provision: ProvisionReceipt;
  readonly 'load-qdrant': LoadReceipt;
  readonly 'load-neon': LoadReceipt;
  readonly verify: VerifyReceipt;
}

/** What a receipt tells of its stage: facts for the spans, and chunks by outcome; those of `embed` are distinct texts. */
type Told = readonly [facts: Facts, chunks: Readonly<Record<string, number>>];

const loaded = ({ runId, written, deleted, plan }: LoadReceipt): Told => [
  { runId },
  { written, deleted, unchanged: plan.unchanged },
];

const TOLD: { readonly [Name in Stage]: (receipt: Receipts[Name]) => Told } = {
  validate: ({ accepted, rejected, held }) => [{}, { accepted, rejected, held }],
  embed: ({ embedded, cached, refused }) => [{}, { embedded, cached, refused }],
  provision: ({ runId }) => [{ runId }, {}],
  'load-qdrant': loaded,
  'load-neon': loaded,
  verify: ({ ok, differencesCount, counts }) => [
    { inStep: ok, differences: differencesCount },
    { verified: counts.input },
  ],
};

/** Tells spans what the receipt of a stage says, and counts its chunks. */
export function tellReceipt<Name extends Stage>(
  telemetry: Telemetry,
  spans: readonly (Span | undefined)[],
  { corpus, stage, receipt }: { readonly corpus: string; readonly stage: Name; readonly receipt: Receipts[Name] },
): void {
  const [facts, chunks] = TOLD[stage](receipt);
  for (const span of spans) span?.tell(facts);
  for (const [outcome, count] of Object.entries(chunks)) {
    if (count > 0) telemetry.record('lockstep.chunks', count, { corpus, stage, outcome });
  }
}
