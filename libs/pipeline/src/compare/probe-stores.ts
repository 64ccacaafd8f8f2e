import type { CallOptions, DeleteMode, EmbeddingReader, Stamp, StoreName } from '@lockstep/model';
import { comparablePoints } from './comparable-points.ts';
import { comparableRows } from './comparable-rows.ts';
import { withVectors } from './with-vectors.ts';
import { changes, countChanges, type Change, type StoredState } from './changes.ts';
import { deletesMuch } from './delete-guard.ts';
import { countSameTexts } from './same-texts.ts';
import type { Projection } from './projection.ts';
import type { Trust } from './trust.ts';
import type { StageContext } from '../work/stage-context.ts';
import type { Stores } from '../work/stores.ts';
import { storeDigest } from './store-digest.ts';
import type { Depth, PlanCounts, ProbedStores, ProvisionedStore, ValidateReceipt } from '../receipts.ts';

export interface ProbeOptions extends Stores {
  readonly projection: Projection;
  readonly deletes: DeleteMode;
  readonly validated: ValidateReceipt;
  readonly trust: Trust;
  /** Whether the content of stores is compared, except where `trust` believes a stamp. */
  readonly plan: boolean;
  /** Vectors to compare with those of a store that has no stamp. @default vectors are not compared */
  readonly known?: EmbeddingReader;
  /** What an earlier probe found; its plan is used again when neither stamp nor count has changed since. @default nothing */
  readonly before?: ProbedStores | undefined;
  /** A fresh random nonce. */
  readonly nonce: () => string;
}

/** Compares the stamp and count of each store with what the corpus wants, and with `plan` their content. Writes nothing. */
export async function probeStores(context: StageContext, options: ProbeOptions): Promise<ProbedStores> {
  const { artifacts, corpus, signal } = context;
  const { vectors, rows, projection, deletes, validated, known } = options;
  const call: CallOptions = { signal };
  const probe = (store: StoreName, target: StoreProbe) => probeStore(context, store, target, options);
  return {
    ...(vectors === undefined
      ? {}
      : {
          qdrant: await probe('qdrant', {
            target: vectors.target,
            digest: storeDigest(validated, { target: vectors.target, deletes, projection: projection.id }),
            count: () => vectors.count(corpus, call),
            changes: (depth) => {
              const points = comparablePoints(vectors, projection, depth, call);
              const all = depth === 'content' && known !== undefined;
              const compared = all ? withVectors(points, { vectors, slice: known, call }) : points;
              return changes(artifacts, compared, { deletes });
            },
          }),
        }),
    ...(rows === undefined
      ? {}
      : {
          neon: await probe('neon', {
            target: rows.target,
            digest: storeDigest(validated, { target: rows.target, deletes, projection: null }),
            count: () => rows.count(corpus, call),
            changes: (depth) => changes(artifacts, comparableRows(rows, corpus, depth, call), { deletes }),
          }),
        }),
  };
}

interface StoreProbe {
  readonly target: string;
  readonly digest: string;
  readonly count: () => Promise<number>;
  readonly changes: (depth: Depth) => AsyncIterable<Change<StoredState>>;
}

async function probeStore(
  { artifacts, corpus, signal }: StageContext,
  store: StoreName,
  { target, digest, count: countLive, changes: changesIn }: StoreProbe,
  { ledger, trust, before, nonce, plan: compares }: ProbeOptions,
): Promise<ProvisionedStore> {
  const call: CallOptions = { signal };
  const stamp = trust === 'nothing' ? undefined : await ledger?.stamp(corpus, store, call);
  const count = await countLive();
  const inStep = fits(stamp, digest, count);
  const probed = {
    target,
    digest,
    nonce: inStep && stamp !== undefined ? stamp.nonce : nonce(),
    inStep,
    depth: stamp === undefined ? 'content' : 'labels',
    count,
    stamp: stamp?.nonce ?? null,
  } as const;
  if (!compares || (inStep && trust === 'stamps')) return probed;
  const earlier = before?.[store];
  const same = earlier?.stamp === probed.stamp && earlier.count === count;
  return { ...probed, plan: (same ? earlier.plan : undefined) ?? (await plan()) };

  async function plan(): Promise<PlanCounts> {
    const counts = await countChanges(changesIn(probed.depth));
    if (counts.add === 0 || !deletesMuch(counts)) return counts;
    return { ...counts, sameTexts: await countSameTexts(artifacts, changesIn('labels')) };
  }
}

/** Whether a stamp says that the store has what is wanted, and the store still has as many. */
function fits(stamp: Stamp | undefined, digest: string, count: number): boolean {
  return stamp !== undefined && stamp.digest === digest && stamp.count === count;
}
