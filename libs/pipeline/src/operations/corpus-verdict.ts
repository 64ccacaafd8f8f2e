import {
  isIndexingError,
  STORES,
  type Artifacts,
  type CallOptions,
  type DeleteMode,
  type IndexingError,
  type Ledger,
  type RunRecord,
  type Stamp,
  type StoreName,
} from '@lockstep/model';
import { storeDigest } from '../compare/store-digest.ts';
import { FILES } from '../files/corpus-files.ts';
import { receiptIfThere } from '../files/receipt-file.ts';
import type { InputSince, ProvisionReceipt, ValidateReceipt, VerifyLevel, VerifyReceipt } from '../receipts.ts';
import { readAttempts, type Attempt } from '../runs/attempt.ts';
import { latestRun } from '../runs/latest-run.ts';

/**
 * What the last run of a corpus came to, on whatever machine it was.
 *
 * - `in-step`: after the run of the highest fence had loaded what is wanted now, a verify of that run read both stores and
 *   found no difference, and both stores still have their stamps. Nothing has begun here since that did not end well.
 * - `differs`: the last verify found differences.
 * - `failed`, `unfinished`: the last run failed or was refused; or it has not ended, since it is under way or was killed.
 * - `outdated`: the input, a setting or a store is another one than the last run loaded; or the input is gone.
 * - `unverified`: it was loaded, and no verify has read both stores since.
 * - `dropped`, `not-loaded`: there is nothing to be in step.
 * - `unknown`: the ledger could not be asked.
 */
export type VerdictState =
  'in-step' | 'differs' | 'failed' | 'unfinished' | 'outdated' | 'unverified' | 'dropped' | 'not-loaded' | 'unknown';

/** A verify that read both stores and found no difference. */
export interface Verified {
  readonly at: string;
  /** How much it compared; null where another machine verified, or an earlier version. */
  readonly level: VerifyLevel | null;
}

export interface CorpusVerdict {
  readonly state: VerdictState;
  /** What began on this machine and did not end well, if that is what `state` tells. */
  readonly attempt: Attempt | null;
  /** The run of the highest fence; null if there was none, or the ledger could not be asked. */
  readonly run: RunRecord | null;
  /** Whether `run` was made from this state directory. */
  readonly isRunOfHere: boolean;
  /** The last verify of `run`, if it read both stores and found no difference. */
  readonly verified: Verified | null;
  /** What the input is now; null where it was not looked at, since the verdict is another one whatever it is. */
  readonly inputNow: InputSince | null;
  /** When the last validate on this machine began; null if there was none. */
  readonly validatedAt: string | null;
  /** Stores that have no stamp, or that of another input or setting. */
  readonly unstamped: readonly StoreName[];
  /** Why the ledger could not be asked. */
  readonly problem: IndexingError | null;
}

export interface CorpusVerdictOptions {
  /** The files of the corpus on this machine. */
  readonly artifacts: Artifacts;
  /** Undefined where there is none, as without a Postgres; then nothing is ever in step. */
  readonly ledger: () => Promise<Ledger | undefined>;
  /** Addresses of the stores, as they show themselves, without asking them. Called where there is a ledger. */
  readonly targets: () => Readonly<Record<StoreName, string>>;
  /** Id of the form of the points. */
  readonly projection: string;
  readonly deletes: DeleteMode;
  /** Compares the input with what a validate read of it. @default it is not looked at */
  readonly inputSince?: ((validated: ValidateReceipt) => Promise<InputSince>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Levels that compare at least the ids of both stores. */
const READING_LEVELS: ReadonlySet<VerifyLevel> = new Set(['ids', 'content', 'vectors'] as const);

/** What holds for the stores and the last validate, and for the input only if it is still the same. */
const OF_THE_STORES: ReadonlySet<VerdictState> = new Set(['in-step', 'differs', 'unverified'] as const);

/** Tells what the last run of a corpus came to, from what is on this machine, the input and the ledger. Asks no store, writes nothing. */
export async function corpusVerdict(corpus: string, options: CorpusVerdictOptions): Promise<CorpusVerdict> {
  const { artifacts, signal } = options;
  const [attempt = null] = await readAttempts(artifacts);
  const local: Local = {
    provisioned: await receiptOrNothing(artifacts, FILES.run),
    validated: await receiptOrNothing(artifacts, FILES.validateReceipt),
    receipt: await receiptOrNothing(artifacts, FILES.verifyReceipt),
  };
  let known: Known | undefined;
  let wants: Wants | undefined;
  let problem: IndexingError | null = null;
  try {
    const ledger = await options.ledger();
    if (ledger !== undefined) {
      known = await askLedger(corpus, ledger, { signal });
      wants = { ...options, targets: options.targets() };
    }
  } catch (error) {
    if (!isIndexingError(error) || signal?.aborted === true) throw error;
    problem = error;
  }

  const run = known?.run ?? null;
  const isRunOfHere = run !== null && run.runId === local.provisioned?.runId;
  const verification = verificationOf(run, isRunOfHere, local);
  const wanted = local.validated?.digest ?? (run?.digest === '' ? undefined : run?.digest);
  const unstamped = STORES.filter((store) => known && wants && !isStamped(store, known.stamps, wanted, wants));
  const validatedAt = local.validated?.startedAt ?? null;
  const facts = { run, isRunOfHere, verified: verification.verified, validatedAt, inputNow: null, unstamped, problem };
  if (attempt !== null && !isSuperseded(attempt, run, isRunOfHere)) {
    return { ...facts, state: attempt.error === null ? 'unfinished' : 'failed', attempt };
  }
  const state = stateOf(known, { verification, unstamped, local, problem });
  if (local.validated === undefined || !OF_THE_STORES.has(state)) return { ...facts, state, attempt: null };
  const inputNow = (await options.inputSince?.(local.validated)) ?? null;
  const isOther = inputNow === 'changed' || inputNow === 'missing';
  return { ...facts, inputNow, state: isOther ? 'outdated' : state, attempt: null };
}

/** What the files of this machine say. */
interface Local {
  readonly provisioned: ProvisionReceipt | undefined;
  readonly validated: ValidateReceipt | undefined;
  readonly receipt: VerifyReceipt | undefined;
}

/** What the ledger says. */
interface Known {
  /** Undefined before the first run. */
  readonly run: RunRecord | undefined;
  /** Whether a run took the fence that is not among the latest of the run table. */
  readonly isRunMissing: boolean;
  readonly stamps: Readonly<Record<StoreName, Stamp | undefined>>;
}

interface Wants extends Pick<CorpusVerdictOptions, 'deletes' | 'projection'> {
  readonly targets: Readonly<Record<StoreName, string>>;
}

interface Verification {
  readonly verified: Verified | null;
  readonly differs: boolean;
}

async function askLedger(corpus: string, ledger: Ledger, call: CallOptions): Promise<Known> {
  const { run, isMissing } = await latestRun(corpus, ledger, call);
  return {
    run,
    isRunMissing: isMissing,
    stamps: {
      qdrant: await ledger.stamp(corpus, 'qdrant', call),
      neon: await ledger.stamp(corpus, 'neon', call),
    },
  };
}

/** A damaged receipt says nothing. */
function receiptOrNothing<Receipt extends object>(artifacts: Artifacts, name: string): Promise<Receipt | undefined> {
  return receiptIfThere<Receipt>(artifacts, name).catch(() => undefined);
}

/**
 * Whether a run of another machine that began later says what holds now. After a run of this machine that has ended with a
 * verify there is no attempt left, so that an attempt is later than it, whatever the clocks say.
 */
function isSuperseded({ startedAt }: Attempt, run: RunRecord | null, isRunOfHere: boolean): boolean {
  return run !== null && !isRunOfHere && startedAt !== null && run.startedAt > startedAt;
}

/** What the last verify of the run found, as this machine or the run table knows it. */
function verificationOf(
  run: RunRecord | null,
  isRunOfHere: boolean,
  { provisioned, validated, receipt }: Local,
): Verification {
  if (run === null) return { verified: null, differs: receipt !== undefined && hasDifferences(receipt) };
  const { end } = run;
  const isOfRun =
    receipt !== undefined &&
    receipt.overtakenBy === null &&
    (receipt.fence === undefined
      ? isRunOfHere && receipt.startedAt >= String(provisioned?.startedAt)
      : receipt.fence === run.fence) &&
    (receipt.digest === undefined || receipt.digest === validated?.digest);
  if (isOfRun) {
    const { level, counts, startedAt, durationMs } = receipt;
    const differs = hasDifferences(receipt);
    const hasReadBoth = counts.qdrant !== null && counts.neon !== null && READING_LEVELS.has(level);
    const at = new Date(Date.parse(startedAt) + durationMs).toISOString();
    return { verified: !differs && hasReadBoth ? { at, level } : null, differs };
  }
  // An edit writes some chunks, and reads no store whole.
  const isDone =
    end?.outcome === 'done' && run.kind !== 'edit' && end.counts.qdrant !== null && end.counts.neon !== null;
  return { verified: isDone ? { at: end.finishedAt, level: null } : null, differs: end?.outcome === 'differ' };
}

/** Whether a verify found the stores wrong; `ok` is false for another input as well. */
function hasDifferences({ ok, differencesCount, inputNow }: VerifyReceipt): boolean {
  return !ok && !(inputNow === 'changed' && differencesCount === 0);
}

function isStamped(
  store: StoreName,
  stamps: Known['stamps'],
  wanted: string | undefined,
  { targets, deletes, projection }: Wants,
): boolean {
  const { [store]: stamp } = stamps;
  if (stamp === undefined) return false;
  const wants = { target: targets[store], deletes, projection: store === 'qdrant' ? projection : null };
  return wanted === undefined || stamp.digest === storeDigest({ digest: wanted }, wants);
}

function stateOf(
  known: Known | undefined,
  {
    verification: { verified, differs },
    unstamped,
    local: { validated, receipt },
    problem,
  }: {
    readonly verification: Verification;
    readonly unstamped: readonly StoreName[];
    readonly local: Local;
    readonly problem: IndexingError | null;
  },
): VerdictState {
  if (problem !== null) return 'unknown';
  if (known === undefined) return receipt === undefined ? 'not-loaded' : differs ? 'differs' : 'unverified';
  const { run } = known;
  if (run === undefined) return known.isRunMissing ? 'unfinished' : 'not-loaded';
  const { end } = run;
  if (end === undefined) return 'unfinished';
  if (end.outcome === 'failed' || end.outcome === 'overtaken') return 'failed';
  if (run.kind === 'drop') return 'dropped';
  if (validated !== undefined && run.digest !== '' && validated.digest !== run.digest) return 'outdated';
  if (differs) return 'differs';
  if (verified === null) return 'unverified';
  return unstamped.length > 0 ? (known.stamps[unstamped[0] as StoreName] ? 'outdated' : 'unverified') : 'in-step';
}
