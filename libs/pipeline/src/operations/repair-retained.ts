import {
  embeddingKeyOf,
  type CallOptions,
  type Embedder,
  type EmbeddingCache,
  type Ledger,
  type IndexedChunk,
} from '@lockstep/model';
import { countUnconfirmedCharges, type UnconfirmedCharges } from '../work/unconfirmed-charges.ts';
import { payloadOf } from '../compare/projection.ts';
import { readRefused } from '../files/refused-texts.ts';
import { checkFence, type RunFence } from '../runs/fence.ts';
import type { StageContext } from '../work/stage-context.ts';
import { retainedProblems, type RetainedOptions } from '../compare/retained-problems.ts';
import type { RetainedRepair } from '../receipts.ts';

export interface RepairRetainedOptions extends Omit<RetainedOptions, 'rehash' | 'refused'> {
  readonly ledger?: Ledger | undefined;
  readonly run: RunFence;
  readonly cache: EmbeddingCache;
  readonly embedder: Embedder;
  /** Whether texts whose vector the cache lacks are embedded. They are left otherwise. */
  readonly pay: boolean;
}

/**
 * Puts chunks right that the corpus says nothing of (held or kept) and of which the stores hold two versions. The row is
 * the measure: its point is made anew from it, and a point without a row goes.
 */
export async function repairRetained(context: StageContext, options: RepairRetainedOptions): Promise<RetainedRepair> {
  const { vectors, projection, ledger, run } = options;
  const { signal } = context;
  const call: CallOptions = { signal };
  const charges = countUnconfirmedCharges(context, options.embedder);
  const left: string[] = [];
  let rebuilt = 0;
  let deleted = 0;
  try {
    const refused = await readRefused(context.artifacts);
    for await (const found of retainedProblems(context, { ...options, refused, rehash: true })) {
      if (found.problem === 'no-row') {
        await checkFence(run, ledger, signal);
        await vectors.delete([found.point.pointId], call);
        deleted += 1;
        continue;
      }
      const { row } = found;
      const vector = found.problem === 'altered' ? undefined : await vectorOf(row, options, charges, call);
      if (vector === undefined) {
        left.push(row.chunkId);
        continue;
      }
      await checkFence(run, ledger, signal);
      await vectors.upsert([{ pointId: row.pointId, vector, payload: payloadOf(row, projection) }], call);
      rebuilt += 1;
    }
  } catch (error) {
    throw charges.report(error);
  }
  return { rebuilt, deleted, left, possiblyPaid: charges.count() };
}

/** The vector of a row's text, from the cache, or from the embedder where that may be. */
async function vectorOf(
  row: IndexedChunk,
  { cache, embedder, pay }: RepairRetainedOptions,
  charges: UnconfirmedCharges,
  call: CallOptions,
): Promise<Float32Array | undefined> {
  const text = embedder.fit(row.text);
  // A row of another model's time, or one that names the vector of another text.
  if (embeddingKeyOf(embedder.identity, text) !== row.embeddingKey) return undefined;
  const [cached] = await cache.vectors([row.embeddingKey]);
  if (cached !== undefined || !pay) return cached;
  const [vector] = (await embedder.embed([text], call)).vectors;
  if (vector !== undefined) await charges.store(cache, [{ key: row.embeddingKey, vector }]);
  return vector;
}
