import { contentHashOf, embeddingKeyOf, type IndexedChunk } from '@lockstep/model';
import type { AllStores } from '@lockstep/pipeline';
import { stubVector } from '@lockstep/testing-ports';
import type { Drift } from './actions.ts';
import type { Contents, PointCopy } from './contents.ts';
import { rightPoint, rightRow, type CorpusTraits } from './wants.ts';

/** Stores, with changes that no port makes. */
export interface DriftingStores extends AllStores {
  /** Gives a row another chunk id and leaves its point id. @default such drift does nothing */
  renameRow?(row: { readonly corpus: string; readonly pointId: string; readonly chunkId: string }): Promise<void>;
}

/** Changes the stores as another program or a person might. Does nothing when what it would change is not there. */
export async function drift(
  stores: DriftingStores,
  traits: CorpusTraits,
  contents: Contents,
  change: Drift,
): Promise<void> {
  const { vectors, rows, ledger } = stores;
  const { corpus, dimensions, model } = traits;
  if (change.drift === 'stamp withdrawn') return ledger.removeStamp(corpus, change.at % 2 === 0 ? 'qdrant' : 'neon');
  // Before the first run there is no collection and no table.
  if ((await rows.fence(corpus)) === 0 || (await vectors.inspect()) === undefined) return;

  const { at, text } = change;
  const document = [null, 'd1', 'd2'][at % 3] ?? null;
  const keyOfText = embeddingKeyOf({ model, host: null, dimensions }, text);
  const added = rightRow(traits, ['c1', 'c2', 'c3', 'stray'][at % 4] as string, { text, tag: 1, document });
  const putPoint = (pointId: string, { payload, vectorOf }: PointCopy): Promise<void> =>
    vectors.upsert([{ pointId, payload: asPayload(payload), vector: stubVector(vectorOf, dimensions) }]);
  const putRow = async (row: IndexedChunk): Promise<void> =>
    rows.upsert({ corpus, fence: await rows.fence(corpus), items: [row] });
  if (change.drift === 'point added') return putPoint(added.pointId, rightPoint(traits, added));
  if (change.drift === 'row added') return putRow(added);

  if (change.drift.startsWith('row')) {
    const row = [...contents.rows.values()][at % contents.rows.size];
    if (row === undefined) return;
    switch (change.drift) {
      case 'row deleted':
        return rows.delete({ corpus, fence: await rows.fence(corpus), items: [row.pointId] });
      case 'row text edited':
        return putRow({ ...row, text });
      case 'row metadata edited':
        return putRow({ ...row, metadata: { tag: 9 } });
      case 'row labelled as another version':
        return putRow({ ...row, contentHash: contentHashOf({ ...row, text }) });
      case 'row labelled as another text':
        return putRow({ ...row, embeddingKey: keyOfText });
      case 'row of another document':
        return putRow({ ...row, documentId: document });
      case 'row renamed':
        return stores.renameRow?.({ corpus, pointId: row.pointId, chunkId: `renamed ${row.chunkId}` });
    }
  }

  const found = [...contents.points][at % contents.points.size];
  if (found === undefined) return;
  const [pointId, { payload, vectorOf }] = found;
  const relabel = (fields: PointCopy['payload']): Promise<void> =>
    putPoint(pointId, { payload: { ...payload, ...fields }, vectorOf });
  switch (change.drift) {
    case 'point deleted':
      return vectors.delete([pointId]);
    case 'point field edited':
      return relabel({ tag: 9 });
    case 'point field added':
      return relabel({ extra: 1 });
    case 'point vector swapped':
      return putPoint(pointId, { payload, vectorOf: text });
    case 'point labelled as another version': {
      const row = contents.rows.get(pointId);
      return row === undefined ? undefined : relabel({ content_hash: contentHashOf({ ...row, text }) });
    }
    case 'point labelled as another text':
      return relabel({ embedding_key: keyOfText });
    case 'point of another projection':
      return relabel({ projection: 'other' });
    case 'point of another document':
      return relabel({ document_id: document });
    case 'point renamed':
      return relabel({ chunk_id: 'renamed' });
    case 'point without a model': {
      const { model: _, ...others } = payload;
      return putPoint(pointId, { payload: others, vectorOf });
    }
  }
}

/** A payload that another program may have written. */
function asPayload(payload: PointCopy['payload']): Parameters<AllStores['vectors']['upsert']>[0][number]['payload'] {
  return payload as never;
}
