import {
  isJsonObject,
  sha256Hex,
  type JsonObject,
  type JsonValue,
  type PointPayload,
  type IndexedChunk,
} from '@lockstep/model';
import { parseFieldPath, valueAt, type FieldPath } from '../input/shapes/field-path.ts';

/** What points carry besides their vector. */
export interface Projection {
  readonly corpus: string;
  readonly model: string;
  /** Fields of the chunk or its metadata, or dotted paths in it, that the corpus lists for filtering. */
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
  let payload: JsonObject = {};
  for (const field of projection.fields) {
    const value = filterValue(chunk, field);
    // Nested, since Qdrant reads the dots of a key in a filter, or of an index, so.
    if (value !== undefined) payload = withValueAt(payload, parseFieldPath(field), value);
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

/** A copy of an object with a value at a path; the object itself where something else is in the way. */
function withValueAt(object: JsonObject, [key = '', ...rest]: FieldPath, value: JsonValue): JsonObject {
  if (rest.length === 0) return { ...object, [key]: value };
  const inner = Object.hasOwn(object, key) ? object[key] : {};
  return isJsonObject(inner) ? { ...object, [key]: withValueAt(inner, rest, value) } : object;
}

/** Columns of a chunk that a corpus may list. */
export const PAYLOAD_COLUMNS = ['chapter_title', 'page_number', 'created_at'];

/** What a point of a chunk carries under a field or path: of its columns, else of its metadata; undefined where there is none. */
export function filterValue(chunk: IndexedChunk, field: string): JsonValue | undefined {
  switch (field) {
    case 'chapter_title':
      return chunk.chapterTitle;
    case 'page_number':
      return chunk.pageNumber;
    case 'created_at':
      return chunk.createdAt;
    default:
      return valueBelow(chunk.metadata, field);
  }
}

/** Paths may be written as they are in a record, where metadata has a key of its own. */
const METADATA = 'metadata.';

function valueBelow(metadata: JsonObject, field: string): JsonValue | undefined {
  const value = valueAt(metadata, parseFieldPath(field));
  if (value !== undefined || !field.startsWith(METADATA)) return value;
  return valueAt(metadata, parseFieldPath(field.slice(METADATA.length)));
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
