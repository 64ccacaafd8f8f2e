import {
  sentUnderKey,
  type CallOptions,
  type Embedder,
  type EmbeddingCache,
  type Ledger,
  type IndexedChunk,
  type SentPart,
} from '@lockstep/model';
import { countUnconfirmedCharges, type UnconfirmedCharges } from '../work/unconfirmed-charges.ts';
import { distinctParts, storeMean } from '../work/store-mean.ts';
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
  /** Whether texts whose vector the cache lacks are embedded; otherwise their chunks are left as they are. */
  readonly pay: boolean;
}

/**
 * Repairs retained chunks (held or kept) whose point and row differ. The row decides: its point is made again from it, and
 * a point without a row is deleted. Fails with `overtaken` when a later run has taken the fence.
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

/** The vector of a row's text from the cache, or with `pay` from the embedder. */
async function vectorOf(
  row: IndexedChunk,
  { cache, embedder, pay }: RepairRetainedOptions,
  charges: UnconfirmedCharges,
  call: CallOptions,
): Promise<Float32Array | undefined> {
  const sent = sentUnderKey(embedder, row.text, row.embeddingKey);
  // The row is of another model, or its key is that of another text.
  if (sent === undefined) return undefined;
  const missing = cache.has(sent.key) ? [] : distinctParts(sent).filter(({ key }) => !cache.has(key));
  if (missing.length > 0 && !pay) return undefined;
  for (const indexes of embedder.pack(missing.map(({ text }) => text))) {
    const batch = indexes.map((at) => missing[at] as SentPart);
    const { vectors } = await embedder.embed(
      batch.map(({ text }) => text),
      call,
    );
    const entries = batch.map(({ key }, at) => ({ key, vector: vectors[at] as Float32Array }));
    await charges.store(cache, entries);
  }
  await storeMean(cache, sent);
  const [vector] = await cache.vectors([sent.key]);
  return vector;
}
