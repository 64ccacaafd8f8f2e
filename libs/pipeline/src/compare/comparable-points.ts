import {
  isKeptAs,
  type CallOptions,
  type IndexedChunk,
  type JsonValue,
  type StoredPoint,
  type VectorStore,
} from '@lockstep/model';
import type { ChunkLine } from '../files/chunk-line.ts';
import type { Comparable, Finding, StoredState } from './changes.ts';
import { payloadOf, type Projection } from './projection.ts';
import type { Depth } from '../receipts.ts';

/** What a comparison reads of a point. Any of it may be missing or wrong in a point that another program wrote. */
export interface PointState extends StoredState {
  readonly payload: Readonly<Record<string, JsonValue>>;
}

/** The points of a corpus, compared by the labels in their payload, or by every field of the payload. */
export function comparablePoints(
  vectors: VectorStore,
  projection: Projection,
  depth: Depth,
  call: CallOptions,
): Comparable<PointState> {
  return {
    async *scan() {
      for await (const page of vectors.scan(projection.corpus, call)) {
        yield page.map(pointStateOf);
      }
    },
    compare(wanted, { payload }) {
      const label = labelFinding(wanted, payload, projection);
      if (depth === 'labels') return label;
      const fields = differentFields(wanted.chunk(), payload, projection);
      if (fields.length === 0) return undefined;
      return { reason: label?.reason ?? 'drift', fields };
    },
  };
}

export function pointStateOf({ pointId, payload }: StoredPoint): PointState {
  return {
    pointId,
    chunkId: textOf(payload['chunk_id']) ?? '',
    documentId: textOf(payload['document_id']) ?? null,
    embeddingKey: textOf(payload['embedding_key']),
    payload,
  };
}

function labelFinding(wanted: ChunkLine, payload: PointState['payload'], projection: Projection): Finding | undefined {
  if (payload['model'] !== projection.model) return { reason: 'model', fields: ['model'] };
  if (payload['embedding_key'] !== wanted.embeddingKey) return { reason: 'text', fields: ['embedding_key'] };
  if (payload['content_hash'] !== wanted.contentHash) return { reason: 'metadata', fields: ['content_hash'] };
  if (payload['projection'] !== projection.id) return { reason: 'projection', fields: ['projection'] };
  return undefined;
}

/** Fields of the payload that are missing, that differ, or that the corpus does not have. */
export function differentFields(
  wanted: IndexedChunk,
  payload: PointState['payload'],
  projection: Projection,
): string[] {
  const expected: Record<string, JsonValue> = payloadOf(wanted, projection);
  const names = new Set([...Object.keys(expected), ...Object.keys(payload)]);
  return [...names].filter((name) => !isKeptAs(expected[name] ?? null, payload[name] ?? null));
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
