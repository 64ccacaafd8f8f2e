import type { CallOptions, DeleteMode, Stamp, StoreName, VectorStore } from '@lockstep/model';
import type { AllStores } from '../work/stores.ts';
import type { Projection } from '../compare/projection.ts';
import { storeDigest } from '../compare/store-digest.ts';
import type { ValidateReceipt } from '../receipts.ts';

/**
 * What is known of a corpus in a store without comparing it. `in-step`: its stamp fits. `empty`: it has no chunks and no
 * stamp. `unknown`: it has chunks and no stamp, since no load ended well or a verify found differences. `drifted`: its
 * count differs from its stamp. `outdated`: its stamp is of another input, setting or store.
 */
export type StoreState = 'in-step' | 'empty' | 'unknown' | 'drifted' | 'outdated';

export interface StoreStatus {
  readonly target: string;
  readonly state: StoreState;
  /** Points or rows of the corpus now. */
  readonly count: number;
  readonly stamp: Stamp | null;
}

export interface CorpusStatusOptions extends AllStores {
  readonly projection: Projection;
  readonly deletes: DeleteMode;
  /** What was validated last on this machine; if undefined, the digest of a stamp is believed. */
  readonly validated: ValidateReceipt | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The state of one corpus in both stores, by stamps and live counts. Writes nothing. */
export async function corpusStatus(
  corpus: string,
  options: CorpusStatusOptions,
): Promise<Readonly<Record<StoreName, StoreStatus>>> {
  const { vectors, rows, projection, signal } = options;
  const call: CallOptions = { signal };
  const qdrant = await storeStatus(corpus, 'qdrant', options, vectors, projection.id, call);
  // A scan fails at points of another program, whose ids are in its first page where they are numbers.
  if (qdrant.state !== 'in-step' && qdrant.count > 0) for await (const _page of vectors.scan(corpus, call)) break;
  return {
    qdrant,
    neon: await storeStatus(corpus, 'neon', options, rows, null, call),
  };
}

async function storeStatus(
  corpus: string,
  store: StoreName,
  { ledger, validated, deletes }: CorpusStatusOptions,
  { target, count: countLive }: Pick<VectorStore, 'target' | 'count'>,
  projection: string | null,
  call: CallOptions,
): Promise<StoreStatus> {
  const stamp = await ledger.stamp(corpus, store, call);
  const count = await countLive(corpus, call);
  const wanted = validated === undefined ? stamp?.digest : storeDigest(validated, { target, deletes, projection });
  return { target, state: stateOf(stamp, count, wanted), count, stamp: stamp ?? null };
}

function stateOf(stamp: Stamp | undefined, count: number, wanted: string | undefined): StoreState {
  if (stamp === undefined) return count === 0 ? 'empty' : 'unknown';
  if (stamp.count !== count) return 'drifted';
  return stamp.digest === wanted ? 'in-step' : 'outdated';
}
