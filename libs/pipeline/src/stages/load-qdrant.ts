import { IndexingError, type EmbeddingSlice, type Point, type VectorStore, type IndexedChunk } from '@lockstep/model';
import { comparablePoints, type PointState } from '../compare/comparable-points.ts';
import { withVectors } from '../compare/with-vectors.ts';
import type { Finding } from '../compare/changes.ts';
import { loadStore, type LoadOptions, type LoadTarget, type WriteKind } from './load-store.ts';
import { payloadOf, type Projection } from '../compare/projection.ts';
import { checkFence, readRun } from '../runs/fence.ts';
import type { StageContext } from '../work/stage-context.ts';
import type { ChangeReason, LoadReceipt } from '../receipts.ts';

export interface LoadQdrantOptions extends LoadOptions {
  readonly vectors: VectorStore;
  readonly slice: EmbeddingSlice;
  readonly projection: Projection;
  /**
   * Leaves out points whose vector the slice lacks, and then writes no stamp. @default false: the load fails with
   * `artifact-missing`
   */
  readonly leaveMissing?: boolean | undefined;
}

/** Reasons to write only the payload, since the vector is right. */
const DESCRIPTION: ReadonlySet<ChangeReason> = new Set(['metadata', 'projection', 'drift']);

/** The kind of write that a difference in a point needs. */
export function pointWriteKind({ reason, fields }: Finding): WriteKind {
  return DESCRIPTION.has(reason) && !fields.includes('vector') ? 'description' : 'whole';
}

/**
 * Loads the points of a corpus. A changed text or model writes the whole point, any other change only its payload.
 * The fence is checked before each request. A request that is under way when another run takes over is still carried out;
 * that run's verify finds what it changed.
 */
export async function loadQdrant(context: StageContext, options: LoadQdrantOptions): Promise<LoadReceipt> {
  const { corpus, signal } = context;
  const { vectors, slice, projection, ledger } = options;
  const call = { signal };
  const { run, provisioned } = await readRun(context.artifacts, 'qdrant');

  const points = comparablePoints(vectors, projection, provisioned.depth, call);
  const target: LoadTarget<PointState> = {
    ...(provisioned.depth === 'labels' ? points : withVectors(points, { vectors, slice, call })),
    store: 'qdrant',
    target: vectors.target,
    projection: projection.id,
    count: () => vectors.count(corpus, call),
    kindOf: pointWriteKind,
    async write(kind, chunks) {
      if (kind === 'description') {
        const described = chunks.map((chunk) => ({ pointId: chunk.pointId, payload: payloadOf(chunk, projection) }));
        for (const part of vectors.pack(described)) {
          await checkFence(run, ledger, signal);
          await vectors.overwritePayloads(part, call);
        }
        return described.length;
      }
      const found = await slice.vectors(chunks.map(({ embeddingKey }) => embeddingKey));
      const points: Point[] = [];
      for (const [at, chunk] of chunks.entries()) {
        const vector = found[at];
        if (vector !== undefined)
          points.push({ pointId: chunk.pointId, payload: payloadOf(chunk, projection), vector });
        else if (options.leaveMissing !== true) throw missingVector(chunk);
      }
      for (const part of vectors.pack(points)) {
        await checkFence(run, ledger, signal);
        await vectors.upsert(part, call);
      }
      return points.length;
    },
    async delete(pointIds) {
      await checkFence(run, ledger, signal);
      await vectors.delete(pointIds, call);
    },
  };
  return loadStore(context, target, options);
}

function missingVector(chunk: IndexedChunk): IndexingError {
  return new IndexingError({
    code: 'artifact-missing',
    message: `The embedding slice has no vector for chunk ${JSON.stringify(chunk.chunkId)}. Run embed again.`,
    details: { pointId: chunk.pointId },
  });
}
