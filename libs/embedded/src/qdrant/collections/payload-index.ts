import { createHash } from 'node:crypto';
import { notSupported } from '../requests/qdrant-refusal.ts';
import { type JsonObject, isJsonObject, readFields, readString } from '../requests/read-fields.ts';
import type { Transaction } from '../storage/qdrant-storage.ts';
import { type JsonPath, elementsAt, readJsonPath } from '../values/json-path.ts';

/** A payload index of a collection. `field` is the path as the request wrote it. */
export interface PayloadIndex {
  readonly id: number;
  readonly field: string;
  readonly type: string;
  readonly path: JsonPath;
  /** Number of points with a value at the path. Counted while keys change, stored by {@link saveIndexCounts}. */
  points: number;
}

/** The point whose keys change. */
export interface IndexedPoint {
  readonly slot: number;
  readonly point_id: Uint8Array;
}

/** The types that the vector store needs. They only make `match` faster; others would change which points match. */
const TYPES = ['keyword', 'integer', 'datetime'];
/** Longer strings are stored as their SHA-256, so that a row of the index stays small. */
const KEY_CHARACTERS_MAX = 128;

/**
 * The key of a value in an index, undefined for values that `match` cannot compare.
 *
 * The type is part of it: the integer 1, the string "1" and true have three keys.
 */
export function indexKey(value: unknown): string | undefined {
  if (typeof value === 'boolean') return `b:${value}`;
  if (typeof value === 'number') return Number.isInteger(value) ? `i:${value}` : undefined;
  if (typeof value !== 'string') return undefined;
  if (value.length <= KEY_CHARACTERS_MAX) return `s:${value}`;
  return `h:${createHash('sha256').update(value).digest('hex')}`;
}

/** The string that a key stands for, undefined for other values. A long string is read from a point that has it. */
export function indexedText(
  tx: Transaction,
  index: PayloadIndex,
  { key, slot }: { readonly key: string; readonly slot: number },
): string | undefined {
  if (key.startsWith('s:')) return key.slice(2);
  if (!key.startsWith('h:')) return undefined;
  const row = tx.get<{ payload: string }>('SELECT payload FROM points WHERE slot = ?', slot);
  const values = elementsAt(JSON.parse(row?.payload ?? '{}') as JsonObject, index.path);
  return values.find((value) => typeof value === 'string' && indexKey(value) === key) as string | undefined;
}

/** The indexes of a collection. */
export function readIndexes(tx: Transaction, collectionId: number): PayloadIndex[] {
  const rows = tx.all<{ id: number; field: string; field_schema: string; points: number }>(
    'SELECT id, field, field_schema, points FROM payload_indexes WHERE collection_id = ? ORDER BY id',
    collectionId,
  );
  return rows.map(({ id, field, field_schema, points }) => {
    const { type } = JSON.parse(field_schema) as { type: string };
    return { id, field, type, path: readJsonPath(field, 'field_name'), points };
  });
}

/** Stores the counts of indexes whose keys were changed. */
export function saveIndexCounts(tx: Transaction, indexes: readonly PayloadIndex[]): void {
  for (const { id, points } of indexes) tx.run('UPDATE payload_indexes SET points = ? WHERE id = ?', points, id);
}

/** Replaces the keys of a point's old payload by those of its new one; undefined for a payload that does not exist. */
export function updateKeys(
  tx: Transaction,
  indexes: readonly PayloadIndex[],
  point: IndexedPoint,
  before: JsonObject | undefined,
  after: JsonObject | undefined,
): void {
  for (const index of indexes) {
    const old = keysOf(before, index.path);
    const current = keysOf(after, index.path);
    index.points += Math.sign(current.size) - Math.sign(old.size);
    for (const key of old) {
      if (current.has(key)) continue;
      tx.run('DELETE FROM payload_keys WHERE index_id = ? AND key = ? AND point_id = ?', index.id, key, point.point_id);
    }
    for (const key of current) {
      if (old.has(key)) continue;
      tx.run('INSERT INTO payload_keys VALUES (?, ?, ?, ?)', index.id, key, point.point_id, point.slot);
    }
  }
}

function keysOf(payload: JsonObject | undefined, path: JsonPath): Set<string> {
  const keys = new Set<string>();
  if (payload === undefined) return keys;
  for (const value of elementsAt(payload, path)) {
    const key = indexKey(value);
    if (key !== undefined) keys.add(key);
  }
  return keys;
}

/** Creates an index over the stored points. For an index that exists, it only replaces the reported type. */
export function createIndex(tx: Transaction, collectionId: number, body: unknown): void {
  const fields = readFields(body, 'the request', ['field_name', 'field_schema']);
  const field = readString(fields['field_name'], 'field_name');
  readJsonPath(field, 'field_name');
  const schema = JSON.stringify({ type: readType(fields['field_schema']) });
  const known = tx.get<{ id: number }>(
    'SELECT id FROM payload_indexes WHERE collection_id = ? AND field = ?',
    collectionId,
    field,
  );
  if (known !== undefined) {
    tx.run('UPDATE payload_indexes SET field_schema = ? WHERE id = ?', schema, known.id);
    return;
  }
  tx.run(
    'INSERT INTO payload_indexes (collection_id, field, field_schema) VALUES (?, ?, ?)',
    collectionId,
    field,
    schema,
  );
  const created = readIndexes(tx, collectionId).filter((index) => index.field === field);
  const points = tx.each<IndexedPoint & { payload: string }>(
    'SELECT slot, point_id, payload FROM points WHERE collection_id = ?',
    collectionId,
  );
  for (const point of points) updateKeys(tx, created, point, undefined, JSON.parse(point.payload) as JsonObject);
  saveIndexCounts(tx, created);
}

function readType(value: unknown): string {
  if (isJsonObject(value)) throw notSupported('settings of a payload index in field_schema, only the name of its type');
  const type = readString(value, 'field_schema');
  if (!TYPES.includes(type)) throw notSupported(`a payload index of type ${type}, only ${TYPES.join(', ')}`);
  return type;
}

/** Removes the keys of all indexes of a collection. */
export function dropIndexKeys(tx: Transaction, collectionId: number): void {
  const indexes = 'SELECT id FROM payload_indexes WHERE collection_id = ?';
  tx.run(`DELETE FROM payload_keys WHERE index_id IN (${indexes})`, collectionId);
}

/** The `payload_schema` of a collection: the type of each indexed field, and the number of points with a value. */
export function describeIndexes(tx: Transaction, collectionId: number): JsonObject {
  const indexes = readIndexes(tx, collectionId).toSorted((a, b) => (a.field < b.field ? -1 : 1));
  return Object.fromEntries(indexes.map(({ field, type, points }) => [field, { data_type: type, points }]));
}
