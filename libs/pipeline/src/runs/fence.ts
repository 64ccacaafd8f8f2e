import { IndexingError, type Artifacts, type Ledger, type StoreName } from '@lockstep/model';
import { FILES } from '../files/corpus-files.ts';
import { readReceipt } from '../files/receipt-file.ts';
import type { ProvisionedStore, ProvisionReceipt } from '../receipts.ts';

/** The provisioned run that a load belongs to, with its entry for one store. Fails with `artifact-missing`. */
export async function readRun(
  artifacts: Artifacts,
  store: StoreName,
): Promise<{ run: ProvisionReceipt; provisioned: ProvisionedStore }> {
  const run = await readReceipt<ProvisionReceipt>(artifacts, FILES.run);
  const provisioned = run.stores[store];
  if (provisioned !== undefined) return { run, provisioned };
  throw new IndexingError({
    code: 'artifact-missing',
    message: `The last provision left ${store} out. Run provision again, without --only or with --only ${store}.`,
  });
}

/** A run and its fence. */
export type RunFence = Pick<ProvisionReceipt, 'corpus' | 'runId' | 'fence'>;

/** Fails with `overtaken` unless the run still holds the fence. A run without a fence is not checked. */
export async function checkFence(run: RunFence, ledger: Ledger | undefined, signal?: AbortSignal): Promise<void> {
  if (ledger === undefined || run.fence === undefined) return;
  const holder = await ledger.fenceHolder(run.corpus, { signal });
  if (holder?.fence !== run.fence) throw overtaken(run, holder?.runId);
}

/** The error of a run that another run took over from. */
export function overtaken(run: RunFence, by: string | undefined): IndexingError {
  return new IndexingError({
    code: 'overtaken',
    message: `Another run${by === undefined ? '' : ` (${by})`} of ${run.corpus} started later and took over; this one stops.`,
    details: { corpus: run.corpus, runId: run.runId, by: by ?? null },
  });
}
