import {
  type Artifacts,
  type Calls,
  type CallStats,
  type Dependency,
  type RunRecord,
  type RunWork,
  type Stage,
  type StageRecord,
} from '@lockstep/model';
import { FILES } from '../files/corpus-files.ts';
import { receiptIfThere } from '../files/receipt-file.ts';
import type { EmbedReceipt, LoadReceipt, ProvisionReceipt, ValidateReceipt, VerifyReceipt } from '../receipts.ts';

/** A stage that ended a run, and so left no receipt. */
export type FailedStage = Pick<StageRecord, 'stage' | 'startedAt' | 'durationMs' | 'calls'>;

export interface RunWorkOptions {
  readonly run: ProvisionReceipt;
  /** What ended the run: its verify, or the stage that failed, if it was one. */
  readonly ending: { readonly verified: VerifyReceipt } | { readonly failed: FailedStage | undefined };
  /** Whether an earlier run paid for the embeddings. */
  readonly isEmbedReplayed: boolean;
  /** The latest runs of the corpus, this one too. */
  readonly runs: readonly RunRecord[];
  /** Tokens that the run paid; null where nothing was embedded. */
  readonly tokensPaid: number | null;
  /** US dollars for a million tokens; undefined where it is not known. */
  readonly price: number | undefined;
  /** Requests of the whole run, where one process did it. @default the sum of those of its stages */
  readonly calls: Calls | undefined;
}

/** What the stages of a run did, from their receipts. */
export async function runWork(artifacts: Artifacts, options: RunWorkOptions): Promise<RunWork> {
  const { run, ending, isEmbedReplayed, tokensPaid, price } = options;
  const read = <Receipt extends object>(name: string) => receiptIfThere<Receipt>(artifacts, name);
  const stages: StageRecord[] = [];
  const add = (stage: Stage, receipt: Timed | undefined, does: Partial<StageRecord> = {}): void => {
    if (receipt !== undefined) stages.push(recordOf(stage, receipt, does));
  };

  const validated = await read<ValidateReceipt>(FILES.validateReceipt);
  add('validate', validated, { outcome: isOfEarlierRun('validate', validated, options) ? 'replayed' : 'done' });
  const embedded = await read<EmbedReceipt>(FILES.embedReceipt);
  add('embed', embedded, {
    outcome: isEmbedReplayed ? 'replayed' : 'done',
    embedded: isEmbedReplayed ? 0 : (embedded?.embedded ?? null),
  });
  add('provision', run);
  for (const name of [FILES.loadQdrantReceipt, FILES.loadNeonReceipt]) {
    const loaded = await read<LoadReceipt>(name);
    if (loaded?.runId === run.runId) {
      // The points are not written by the load of the rows, which counts what is asked beside it.
      const { qdrant: _beside, ...own } = loaded.calls;
      const calls = loaded.stage === 'load-neon' ? own : loaded.calls;
      add(loaded.stage, loaded, { written: loaded.written, deleted: loaded.deleted, calls });
    } else if ('verified' in ending && loaded !== undefined) {
      add(loaded.stage, loaded, { outcome: 'replayed', written: 0, deleted: 0 });
    }
  }
  if ('verified' in ending) add('verify', ending.verified);
  else if (ending.failed !== undefined) add(ending.failed.stage, ending.failed, { outcome: 'failed' });

  return {
    stages: stages.toSorted((a, b) => (a.startedAt < b.startedAt ? -1 : a.startedAt > b.startedAt ? 1 : 0)),
    calls: options.calls ?? sumOf(stages.filter(({ outcome }) => outcome !== 'replayed').map(({ calls }) => calls)),
    dollars:
      tokensPaid === 0 ? 0 : tokensPaid === null || price === undefined ? null : (tokensPaid / 1_000_000) * price,
  };
}

/** What every receipt has; one of validate has no calls. */
interface Timed {
  readonly startedAt: string;
  readonly durationMs: number;
  readonly calls?: Calls;
}

function recordOf(stage: Stage, { startedAt, durationMs, calls = {} }: Timed, does: Partial<StageRecord>): StageRecord {
  const nothing = { embedded: null, written: null, deleted: null, calls } as const;
  const record: StageRecord = { stage, startedAt, durationMs, outcome: 'done', ...nothing, ...does };
  return record.outcome === 'replayed' ? { ...record, calls: {} } : record;
}

/** Whether an earlier run has a record of the same receipt. */
function isOfEarlierRun(stage: Stage, receipt: Timed | undefined, { run, runs }: RunWorkOptions): boolean {
  return runs.some(
    ({ fence, end }) =>
      fence !== run.fence &&
      end?.work?.stages.some((record) => record.stage === stage && record.startedAt === receipt?.startedAt),
  );
}

function sumOf(all: readonly Calls[]): Calls {
  const sums: Partial<Record<Dependency, CallStats>> = {};
  for (const [dependency, { requests, retries, breakerOpened }] of all.flatMap(
    (calls) => Object.entries(calls) as [Dependency, CallStats][],
  )) {
    const sum = sums[dependency] ?? { requests: 0, retries: 0, breakerOpened: 0 };
    sums[dependency] = {
      requests: sum.requests + requests,
      retries: sum.retries + retries,
      breakerOpened: sum.breakerOpened + breakerOpened,
    };
  }
  return sums;
}
