import { IndexingError, type Artifacts, type Ledger, type StoreName } from '@lockstep/model';
import { FILES } from './corpus-files.ts';
import { readReceipt } from './receipt-file.ts';
import type { Depth, PlanCounts } from './plan.ts';
import type { Calls } from './stage-context.ts';

/** What `provision` hands to the loads of its run. It is no cache input: the nonce files are. */
export interface RunFile {
  readonly stage: 'provision';
  readonly corpus: string;
  readonly runId: string;
  /** Undefined where there is no ledger: one store alone, without Postgres. */
  readonly fence?: number;
  readonly stores: Readonly<Partial<Record<StoreName, ProvisionedStore>>>;
  readonly calls: Calls;
  readonly startedAt: string;
  readonly durationMs: number;
}

export interface ProvisionedStore {
  readonly target: string;
  /** Digest of what this store is to hold. */
  readonly digest: string;
  readonly nonce: string;
  /** Points or rows of the corpus that it held. */
  readonly count: number;
  /** Nonce of the stamp that it had; null where it had none. */
  readonly stamp: string | null;
  /** True where the stamp and the live count say that the store holds it already. */
  readonly inStep: boolean;
  /** How a load compares: a store without a stamp was never loaded, was cut short or differs, and is not believed. */
  readonly depth: Depth;
  /** What a load would do; absent where the store is in step. */
  readonly plan?: PlanCounts;
}

/** The run that this load belongs to, and what it says of one store. */
export async function readRun(
  artifacts: Artifacts,
  store: StoreName,
): Promise<{ run: RunFile; provisioned: ProvisionedStore }> {
  const run = await readReceipt<RunFile>(artifacts, FILES.run);
  const provisioned = run.stores[store];
  if (provisioned !== undefined) return { run, provisioned };
  throw new IndexingError({
    code: 'artifact-missing',
    message: `The last provision left ${store} out. Run provision again, without --only or with --only ${store}.`,
  });
}

/** A run as far as its fence is concerned. */
export type RunFence = Pick<RunFile, 'corpus' | 'runId' | 'fence'>;

/** Throws `overtaken` unless the run still holds the corpus. */
export async function checkFence(run: RunFence, ledger: Ledger | undefined, signal?: AbortSignal): Promise<void> {
  if (ledger === undefined || run.fence === undefined) return;
  const holder = await ledger.fenceHolder(run.corpus, { signal });
  if (holder?.fence !== run.fence) throw overtaken(run, holder?.runId);
}

export function overtaken(run: RunFence, by: string | undefined): IndexingError {
  return new IndexingError({
    code: 'overtaken',
    message: `Another run${by === undefined ? '' : ` (${by})`} of ${run.corpus} started later and took over; this one stops.`,
    details: { corpus: run.corpus, runId: run.runId, by: by ?? null },
  });
}
