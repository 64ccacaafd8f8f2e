import {
  embeddingKeyOf,
  type CallOptions,
  type Embedder,
  type EmbedderIdentity,
  type EmbeddingCache,
  type Ledger,
  type Row,
} from '@lockstep/model';
import { FILES } from './corpus-files.ts';
import { readReceipt } from './receipt-file.ts';
import type { ValidateReceipt } from './validate.ts';
import { payloadOf } from './projection.ts';
import { checkFence, type RunFence } from './run-file.ts';
import type { StageContext } from './stage-context.ts';
import { unmentionedProblems, type UnmentionedOptions } from './unmentioned.ts';

export interface RepairUnmentionedOptions extends Omit<UnmentionedOptions, 'rehash'> {
  readonly ledger: Ledger;
  readonly run: RunFence;
  readonly cache: EmbeddingCache;
  /** Embeds texts whose vector the cache lacks; they are left without it. */
  readonly embedder?: Embedder;
}

/** What was done about chunks that are held or kept. */
export interface UnmentionedRepair {
  /** Points made anew from their rows. */
  readonly rebuilt: number;
  /** Points without a row, which no reader is ever shown. */
  readonly deleted: number;
  /** Ids of chunks that stay as they are: the cache has no vector, or the row itself was altered. */
  readonly left: readonly string[];
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
  const call: CallOptions = signal === undefined ? {} : { signal };
  const { embedder: identity } = await readReceipt<ValidateReceipt>(context.artifacts, FILES.validateReceipt);
  const left: string[] = [];
  let rebuilt = 0;
  let deleted = 0;
  for await (const found of unmentionedProblems(context, { ...options, rehash: true })) {
    if (found.problem === 'no-row') {
      await checkFence(run, ledger, signal);
      await vectors.delete([found.point.pointId], call);
      deleted += 1;
      continue;
    }
    const { row } = found;
    const vector = found.problem === 'altered' ? undefined : await vectorOf(row, options, identity, call);
    if (vector === undefined) {
      left.push(row.chunkId);
      continue;
    }
    await checkFence(run, ledger, signal);
    await vectors.upsert([{ pointId: row.pointId, vector, payload: payloadOf(row, projection) }], call);
    rebuilt += 1;
  }
  return { rebuilt, deleted, left };
}

/** The vector of a row's text, from the cache, or from the embedder where there is one. */
async function vectorOf(
  row: Row,
  { cache, embedder }: RepairUnmentionedOptions,
  identity: EmbedderIdentity,
  call: CallOptions,
): Promise<Float32Array | undefined> {
  // A row of another model's time, or one that names the vector of another text.
  if (embeddingKeyOf(identity, row.text) !== row.embeddingKey) return undefined;
  const [cached] = await cache.vectors([row.embeddingKey]);
  if (cached !== undefined || embedder === undefined) return cached;
  const [vector] = (await embedder.embed([row.text], call)).vectors;
  if (vector !== undefined) await cache.append([{ key: row.embeddingKey, vector }]);
  return vector;
}
