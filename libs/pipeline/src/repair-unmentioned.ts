import {
  embeddingKeyOf,
  type CallOptions,
  type Embedder,
  type EmbeddingCache,
  type Ledger,
  type IndexedChunk,
} from '@lockstep/model';
import { countLostInputs, type LostInputs } from './lost-inputs.ts';
import { payloadOf } from './projection.ts';
import { readRefused } from './refused-texts.ts';
import { checkFence, type RunFence } from './run-file.ts';
import type { StageContext } from './stage-context.ts';
import { unmentionedProblems, type UnmentionedOptions } from './unmentioned.ts';

export interface RepairUnmentionedOptions extends Omit<UnmentionedOptions, 'rehash' | 'refused'> {
  readonly ledger: Ledger;
  readonly run: RunFence;
  readonly cache: EmbeddingCache;
  readonly embedder: Embedder;
  /** Whether texts whose vector the cache lacks are embedded. They are left otherwise. */
  readonly pay: boolean;
}

/** What was done about chunks that are held or kept. */
export interface UnmentionedRepair {
  /** Points made anew from their rows. */
  readonly rebuilt: number;
  /** Points without a row, which no reader is ever shown. */
  readonly deleted: number;
  /** Ids of chunks that stay as they are: the cache has no vector, or the row itself was altered. */
  readonly left: readonly string[];
  /** Texts whose reply was lost, and which may have been paid for besides those that were embedded. */
  readonly possiblyPaid: number;
}

/**
 * Puts chunks right that the corpus says nothing of (held or kept) and of which the stores hold two versions. The row is
 * the measure: its point is made anew from it, and a point without a row goes.
 */
export async function repairUnmentioned(
  context: StageContext,
  options: RepairUnmentionedOptions,
): Promise<UnmentionedRepair> {
  const { vectors, projection, ledger, run } = options;
  const { signal } = context;
  const call: CallOptions = { signal };
  const lost = countLostInputs(context, options.embedder);
  const left: string[] = [];
  let rebuilt = 0;
  let deleted = 0;
  try {
    const refused = await readRefused(context.artifacts);
    for await (const found of unmentionedProblems(context, { ...options, refused, rehash: true })) {
      if (found.problem === 'no-row') {
        await checkFence(run, ledger, signal);
        await vectors.delete([found.point.pointId], call);
        deleted += 1;
        continue;
      }
      const { row } = found;
      const vector = found.problem === 'altered' ? undefined : await vectorOf(row, options, lost, call);
      if (vector === undefined) {
        left.push(row.chunkId);
        continue;
      }
      await checkFence(run, ledger, signal);
      await vectors.upsert([{ pointId: row.pointId, vector, payload: payloadOf(row, projection) }], call);
      rebuilt += 1;
    }
  } catch (error) {
    throw lost.tell(error);
  }
  return { rebuilt, deleted, left, possiblyPaid: lost.count() };
}

/** The vector of a row's text, from the cache, or from the embedder where that may be. */
async function vectorOf(
  row: IndexedChunk,
  { cache, embedder, pay }: RepairUnmentionedOptions,
  lost: LostInputs,
  call: CallOptions,
): Promise<Float32Array | undefined> {
  const text = embedder.fit(row.text);
  // A row of another model's time, or one that names the vector of another text.
  if (embeddingKeyOf(embedder.identity, text) !== row.embeddingKey) return undefined;
  const [cached] = await cache.vectors([row.embeddingKey]);
  if (cached !== undefined || !pay) return cached;
  const [vector] = (await embedder.embed([text], call)).vectors;
  if (vector !== undefined) await lost.keep(cache, [{ key: row.embeddingKey, vector }]);
  return vector;
}
