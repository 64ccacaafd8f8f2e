import {
  isIndexingError,
  type Artifacts,
  type CallOptions,
  type Calls,
  type ErrorCode,
  type Ledger,
  type RunCounts,
  type RunEnd,
  type RunOutcome,
  type RunRecord,
} from '@lockstep/model';
import { FILES } from '../files/corpus-files.ts';
import { estimatedTokens } from '../compare/plan-embedding.ts';
import { receiptIfThere } from '../files/receipt-file.ts';
import type { StageContext } from '../work/stage-context.ts';
import type { EmbedReceipt, LoadReceipt, ProvisionReceipt, ValidateReceipt, VerifyReceipt } from '../receipts.ts';
import { runWork, type FailedStage } from './run-work.ts';

/** Latest runs that are searched for one that used the same embeddings. */
const EARLIER_RUNS = 50;

/** How a run ended: by what `verify` found, or by an error. */
export type RunResult =
  | { readonly verified: VerifyReceipt }
  | {
      readonly error: unknown;
      /** The stage that failed, if it was one. */
      readonly failed?: FailedStage | undefined;
    };

/** What is not in the receipts. */
export interface RunEndOptions {
  /** US dollars for a million tokens. @default it is not known */
  readonly price?: number | undefined;
  /** Requests of the whole run, where one process did it. @default the sum of those of its stages */
  readonly calls?: Calls | undefined;
}

/**
 * Enters the end of the current run into the run table, from the receipts of its stages. Does nothing when the run has no
 * fence or has ended already.
 */
export async function endRun(
  context: StageContext,
  ledger: Ledger,
  result: RunResult,
  { price, calls }: RunEndOptions = {},
): Promise<void> {
  const { artifacts, corpus, clock, signal } = context;
  const call: CallOptions = { signal };
  const run = await receiptIfThere<ProvisionReceipt>(artifacts, FILES.run);
  if (run?.fence === undefined) return;
  const finishedAt = new Date(clock.now()).toISOString();
  const embedded = await receiptIfThere<EmbedReceipt>(artifacts, FILES.embedReceipt);
  const runs = embedded === undefined ? [] : await ledger.runs({ corpus, limit: EARLIER_RUNS }, call);
  const { isReplayed, ...tokens } = await tokensOf(artifacts, embedded, run, runs);
  const ending = 'verified' in result ? result : { failed: result.failed };
  const did = { run, ending, runs, isEmbedReplayed: isReplayed, tokensPaid: tokens.tokensPaid, price, calls };
  const end: RunEnd = {
    finishedAt,
    ...outcomeOf(result),
    counts: await countsOf(artifacts, run, result),
    ...tokens,
    work: await runWork(artifacts, did),
  };
  await ledger.endRun(corpus, run.fence, end, call);
}

/** The counts of a run of which none is known. */
export const NO_COUNTS: RunCounts = {
  input: null,
  qdrant: null,
  neon: null,
  pointsWritten: null,
  pointsDeleted: null,
  rowsWritten: null,
  rowsDeleted: null,
};

/** How long a failed or stopped run tries to record its end, in milliseconds. The ledger itself may be what failed. */
const GRACE_MS = { failed: 2_000, stopped: 400 };

/** Limits how long a run may take to record its end: shorter if the signal `stopped` has stopped it, since a user waits. */
export function graceSignal(stopped: AbortSignal | undefined): AbortSignal {
  return AbortSignal.timeout(stopped?.aborted === true ? GRACE_MS.stopped : GRACE_MS.failed);
}

/** Enters the end of a run that failed before its stages wrote receipts. Never throws: the caller throws the failure. */
export async function endFailedRun(
  ledger: Ledger,
  { corpus, fence, clock, signal }: Pick<StageContext, 'corpus' | 'clock' | 'signal'> & { readonly fence: number },
  error: unknown,
): Promise<void> {
  const end: RunEnd = {
    finishedAt: new Date(clock.now()).toISOString(),
    ...outcomeOf({ error }),
    counts: NO_COUNTS,
    tokensPaid: null,
    tokensSaved: null,
    embeddedAt: null,
  };
  await ledger.endRun(corpus, fence, end, { signal: graceSignal(signal) }).catch(() => {});
}

function outcomeOf(result: RunResult): { outcome: RunOutcome; error: ErrorCode | null } {
  if ('verified' in result) {
    const { differencesCount, overtakenBy } = result.verified;
    // A run has loaded what it read, also when its input has changed since.
    if (differencesCount === 0) return { outcome: 'done', error: null };
    return overtakenBy === null ? { outcome: 'differ', error: null } : { outcome: 'overtaken', error: 'overtaken' };
  }
  const error = isIndexingError(result.error) ? result.error.code : 'invariant';
  return { outcome: error === 'overtaken' || error === 'corpus-dropped' ? 'overtaken' : 'failed', error };
}

async function countsOf(artifacts: Artifacts, { runId }: ProvisionReceipt, result: RunResult): Promise<RunCounts> {
  const validated = await receiptIfThere<ValidateReceipt>(artifacts, FILES.validateReceipt);
  const ofThisRun = async (name: string): Promise<LoadReceipt | undefined> => {
    const receipt = await receiptIfThere<LoadReceipt>(artifacts, name);
    return receipt?.runId === runId ? receipt : undefined;
  };
  const qdrant = await ofThisRun(FILES.loadQdrantReceipt);
  const neon = await ofThisRun(FILES.loadNeonReceipt);
  const seen = 'verified' in result ? result.verified.counts : undefined;
  // A load that was replayed from a cache wrote nothing in this run.
  const nothing = seen === undefined ? null : 0;
  return {
    input: validated?.accepted ?? null,
    qdrant: seen?.qdrant ?? qdrant?.countAfter ?? null,
    neon: seen?.neon ?? neon?.countAfter ?? null,
    pointsWritten: qdrant?.written ?? nothing,
    pointsDeleted: qdrant?.deleted ?? nothing,
    rowsWritten: neon?.written ?? nothing,
    rowsDeleted: neon?.deleted ?? nothing,
  };
}

/** What the run paid: nothing if its embed stage was replayed from a cache, since an earlier run paid for that. */
async function tokensOf(
  artifacts: Artifacts,
  embedded: EmbedReceipt | undefined,
  { fence }: ProvisionReceipt,
  runs: readonly RunRecord[],
): Promise<Pick<RunEnd, 'tokensPaid' | 'tokensSaved' | 'embeddedAt'> & { readonly isReplayed: boolean }> {
  if (embedded === undefined) return { tokensPaid: null, tokensSaved: null, embeddedAt: null, isReplayed: false };
  const validated = await receiptIfThere<ValidateReceipt>(artifacts, FILES.validateReceipt);
  const here = await receiptIfThere<{ startedAt: string }>(artifacts, FILES.embeddedHere);
  const isReplayed =
    here?.startedAt !== embedded.startedAt ||
    runs.some((run) => run.fence !== fence && run.end?.embeddedAt === embedded.startedAt);
  return {
    tokensPaid: isReplayed ? 0 : embedded.tokens,
    tokensSaved: isReplayed ? estimatedTokens(validated?.textBytes ?? 0) : embedded.tokensSaved,
    embeddedAt: embedded.startedAt,
    isReplayed,
  };
}
