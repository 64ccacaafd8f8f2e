import { sha256Hex, type JsonValue, type PointPayload, type IndexedChunk } from '@lockstep/model';

/** What points carry besides their vector. */
export interface Projection {
  readonly corpus: string;
  readonly model: string;
  /** Fields of the chunk or its metadata that the corpus lists for filtering. */
  readonly fields: readonly string[];
  /** Short digest of the form of the payload; every point has it, so that a change of form is noticed. */
  readonly id: string;
}

/** Version of the form of the payload; raise it whenever `payloadOf` gives another payload for the same chunk. */
const PAYLOAD_FORM = 'lockstep.payload/1';

export function createProjection(options: Omit<Projection, 'id'>): Projection {
  const fields = [...new Set(options.fields)].sort();
  return { ...options, fields, id: sha256Hex(JSON.stringify([PAYLOAD_FORM, fields])).slice(0, 16) };
}

/** The payload of a chunk's point. The text is not in it: it is in Postgres. */
export function payloadOf(chunk: IndexedChunk, projection: Projection): PointPayload {
  const payload: Record<string, JsonValue> = {};
  for (const field of projection.fields) {
    const value = filterValue(chunk, field);
    if (value !== undefined) payload[field] = value;
  }
  return {
    ...payload,
    corpus: projection.corpus,
    chunk_id: chunk.chunkId,
    document_id: chunk.documentId,
    model: projection.model,
    content_hash: chunk.contentHash,
    embedding_key: chunk.embeddingKey,
    projection: projection.id,
  };
}

function filterValue(chunk: IndexedChunk, field: string): JsonValue | undefined {
  switch (field) {
    case 'chapter_title':
      return chunk.chapterTitle;
    case 'page_number':
      return chunk.pageNumber;
    case 'created_at':
      return chunk.createdAt;
    default:
      return Object.hasOwn(chunk.metadata, field) ? chunk.metadata[field] : undefined;
  }
}

/** Payload indexes of a collection for one corpus: our own fields that are filtered by, and those it lists. */
export function payloadIndexesOf(projection: Projection): Record<string, 'keyword' | 'integer' | 'datetime'> {
  const indexes: Record<string, 'keyword' | 'integer' | 'datetime'> = {
    corpus: 'keyword',
    document_id: 'keyword',
    model: 'keyword',
    embedding_key: 'keyword',
  };
  for (const field of projection.fields) {
    if (Object.hasOwn(indexes, field)) continue;
    indexes[field] = field === 'page_number' ? 'integer' : field === 'created_at' ? 'datetime' : 'keyword';
  }
  return indexes;
}
