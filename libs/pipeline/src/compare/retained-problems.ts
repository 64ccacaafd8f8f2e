import { contentHashOf, type CallOptions, type IndexedChunk, type RowStore, type VectorStore } from '@lockstep/model';
import { comparablePoints, type PointState } from './comparable-points.ts';
import { comparableRows } from './comparable-rows.ts';
import { inBatches } from '../work/in-batches.ts';
import { changes, type PlanRules } from './changes.ts';
import type { Projection } from './projection.ts';
import type { StageContext } from '../work/stage-context.ts';

/**
 * What is wrong with a retained chunk, one that stays in the stores although the corpus does not want it (held or kept).
 * The row decides, since it has the text.
 *
 * `no-row`: the point has no row. `no-point`: the row has no point. `apart`: point and row are of two versions.
 * `altered`: the content of the row does not have the row's own hash.
 */
export type RetainedProblem =
  | { readonly problem: 'no-row'; readonly point: PointState }
  | { readonly problem: 'no-point' | 'altered'; readonly row: IndexedChunk }
  | { readonly problem: 'apart'; readonly row: IndexedChunk; readonly fields: readonly string[] };

export interface RetainedOptions extends PlanRules {
  readonly vectors: VectorStore;
  readonly rows: RowStore;
  readonly projection: Projection;
  /** Computes the hash of each row again. */
  readonly rehash: boolean;
}

/** Compares the point and the row of every retained chunk, at the cost of one more scan of the ids of each store. */
export async function* retainedProblems(
  { artifacts, corpus, signal }: StageContext,
  options: RetainedOptions,
): AsyncGenerator<RetainedProblem> {
  const { vectors, rows, projection, rehash } = options;
  const call: CallOptions = { signal };

  async function* retainedPoints(): AsyncGenerator<PointState> {
    const comparable = comparablePoints(vectors, projection, 'labels', call);
    for await (const change of changes(artifacts, comparable, options)) {
      if (change.kind === 'held' || change.kind === 'kept') yield change.actual;
    }
  }
  for await (const batch of inBatches(retainedPoints())) {
    const found = new Map(
      (
        await rows.rows(
          batch.map(({ pointId }) => pointId),
          call,
        )
      ).map((row) => [row.pointId, row]),
    );
    for (const point of batch) {
      const row = found.get(point.pointId);
      if (row === undefined || row.corpus !== corpus) yield { problem: 'no-row', point };
      else if (rehash && contentHashOf(row) !== row.contentHash) yield { problem: 'altered', row };
      else {
        const fields = differentLabels(point, row);
        if (fields.length > 0) yield { problem: 'apart', row, fields };
      }
    }
  }

  async function* retainedRows(): AsyncGenerator<string> {
    for await (const change of changes(artifacts, comparableRows(rows, corpus, 'labels', call), options)) {
      if (change.kind === 'held' || change.kind === 'kept') yield change.actual.pointId;
    }
  }
  for await (const batch of inBatches(retainedRows())) {
    const there = await vectors.vectors(batch, call);
    const alone = batch.filter((pointId) => !there.has(pointId));
    if (alone.length === 0) continue;
    for (const row of await rows.rows(alone, call)) {
      yield { problem: rehash && contentHashOf(row) !== row.contentHash ? 'altered' : 'no-point', row };
    }
  }
}

/** Labels of a point that differ from its row. Fields for filtering are not compared: their list may have changed since. */
export function differentLabels({ payload }: PointState, row: IndexedChunk): string[] {
  const labels: Readonly<Record<string, string | null>> = {
    chunk_id: row.chunkId,
    document_id: row.documentId,
    content_hash: row.contentHash,
    embedding_key: row.embeddingKey,
  };
  return Object.entries(labels)
    .filter(([name, value]) => payload[name] !== value)
    .map(([name]) => name);
}
