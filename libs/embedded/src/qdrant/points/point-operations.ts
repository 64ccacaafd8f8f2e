import type { CollectionConfig } from '../collections/collection-config.ts';
import { type Collection, nextOperation, resolveCollection, slotRange } from '../collections/collections.ts';
import { type PayloadIndex, readIndexes, saveIndexCounts, updateKeys } from '../collections/payload-index.ts';
import { checkUpsert, checkWriteFilter, checkWriteRate } from '../filter/strict-checks.ts';
import { type Filter, readFilter } from '../filter/filter.ts';
import { type PointRow, findPoint, selectPoints } from '../filter/select-points.ts';
import { QdrantRefusal, formatError, notFound, notSupported } from '../requests/qdrant-refusal.ts';
import { type JsonObject, isJsonObject, readArray, readFields } from '../requests/read-fields.ts';
import type { Transaction } from '../storage/qdrant-storage.ts';
import { readPayload } from '../values/payload.ts';
import { type PointId, encodePointId, readPointId } from '../values/point-id.ts';
import { asDatatype, normalise, readVector, vectorBytes } from '../values/vector.ts';

/** A write to the points of a collection, whose request was checked, ready to be applied. */
export type PointOperation = (target: WriteTarget) => void;

/** The state that operations use and change. {@link applyOperations} stores the counters once, at the end. */
interface WriteTarget {
  readonly tx: Transaction;
  readonly collection: Collection;
  readonly indexes: readonly PayloadIndex[];
  readonly version: number;
  pointsCount: number;
  nextSlot: number;
  vectorsChanged: number;
}

interface NewPoint {
  readonly id: PointId;
  readonly vector: Float32Array;
  readonly payload: JsonObject;
}

const UNSUPPORTED_OPERATIONS = ['delete_payload', 'clear_payload', 'delete_vectors'];
const OPERATIONS: Readonly<Record<string, (body: unknown) => PointOperation>> = {
  upsert: readUpsert,
  delete: readDelete,
  set_payload: readSetPayload,
  overwrite_payload: readOverwritePayload,
  update_vectors: readUpdateVectors,
};

/**
 * Applies operations to a collection in order, all or none.
 *
 * @param pointsMax most points in all collections together afterwards, checked when points were added
 * @returns the number of the operation, the same for all of them
 * @throws QdrantRefusal 404 for a missing collection or a missing point that an operation names; 400 above `pointsMax`
 */
export function applyOperations(
  tx: Transaction,
  name: string,
  operations: readonly PointOperation[],
  pointsMax: number,
): number {
  const collection = resolveCollection(tx, name);
  const version = nextOperation(tx, collection);
  const target: WriteTarget = {
    tx,
    collection,
    indexes: readIndexes(tx, collection.id),
    version,
    pointsCount: collection.points_count,
    nextSlot: collection.next_slot,
    vectorsChanged: collection.vectors_changed,
  };
  for (const operation of operations) operation(target);
  tx.run(
    'UPDATE collections SET points_count = ?, next_slot = ?, vectors_changed = ? WHERE id = ?',
    target.pointsCount,
    target.nextSlot,
    target.vectorsChanged,
    collection.id,
  );
  saveIndexCounts(tx, target.indexes);
  if (target.pointsCount > collection.points_count) refuseAbove(tx, pointsMax);
  return version;
}

function refuseAbove(tx: Transaction, pointsMax: number): void {
  const total = tx.get<{ n: number }>('SELECT coalesce(sum(points_count), 0) AS n FROM collections')?.n ?? 0;
  if (total <= pointsMax) return;
  throw new QdrantRefusal(
    400,
    `The embedded Qdrant holds at most ${pointsMax} points and this write would make ${total}, so nothing of it was ` +
      'written. Set QDRANT_HOST to use a real Qdrant server instead.',
  );
}

/** Reads the body of `POST /collections/{c}/points/batch`: a list of operations, each an object with one key. */
export function readBatch(body: unknown): PointOperation[] {
  const { operations } = readFields(body, 'the request', ['operations']);
  return readArray(operations, 'operations').map((operation, index) => {
    const where = `operations[${index}]`;
    const fields = readFields(operation, where, Object.keys(OPERATIONS), UNSUPPORTED_OPERATIONS);
    const [kind, ...others] = Object.keys(fields);
    const read = kind === undefined ? undefined : OPERATIONS[kind];
    if (kind === undefined || read === undefined || others.length > 0) {
      throw formatError(`${where} must hold one operation`);
    }
    return read(fields[kind]);
  });
}

/** Reads an upsert. The last of several points with the same id is stored. */
export function readUpsert(body: unknown): PointOperation {
  const unsupported = ['batch', 'shard_key', 'update_filter', 'update_mode'];
  const { points } = readFields(body, 'the request', ['points'], unsupported);
  const last = new Map(
    readArray(points, 'points')
      .map(readPoint)
      .map((point) => [point.id, point]),
  );
  return (target) => {
    checkUpsert(target.collection, last.size);
    checkWriteRate(target.collection, last.size);
    for (const point of last.values()) upsertPoint(target, point);
  };
}

function readPoint(value: unknown, index: number): NewPoint {
  const where = `points[${index}]`;
  const fields = readFields(value, where, ['id', 'vector', 'payload']);
  return {
    id: readPointId(fields['id']),
    vector: readVector(fields['vector'], `${where}.vector`),
    payload: readPayload(fields['payload'], `${where}.payload`),
  };
}

function upsertPoint(target: WriteTarget, point: NewPoint): void {
  const { tx, collection } = target;
  const point_id = encodePointId(point.id);
  const vector = storedVector(collection, point.vector);
  const existing = findPoint(tx, collection, point_id);
  if (existing !== undefined) {
    writePayload(target, existing, point.payload);
    tx.run('UPDATE vectors SET vector = ? WHERE slot = ?', vector, existing.slot);
    target.vectorsChanged += 1;
    return;
  }
  const slot = slotRange(collection.id)[0] + target.nextSlot;
  target.nextSlot += 1;
  target.pointsCount += 1;
  const payload = JSON.stringify(point.payload);
  tx.run('INSERT INTO points VALUES (?, ?, ?, ?, ?)', slot, collection.id, point_id, target.version, payload);
  tx.run('INSERT INTO vectors VALUES (?, ?)', slot, vector);
  updateKeys(tx, target.indexes, { slot, point_id }, undefined, point.payload);
}

/** The bytes of a vector as the collection stores it. */
function storedVector({ config, dimensions }: Collection, vector: Float32Array): Uint8Array {
  const { vectors } = JSON.parse(config) as CollectionConfig;
  return vectorBytes(asDatatype(normalise(vector, dimensions), vectors.datatype ?? 'float32'));
}

function writePayload(target: WriteTarget, row: PointRow, after: JsonObject): void {
  const { tx, indexes, version } = target;
  if (indexes.length > 0) updateKeys(tx, indexes, row, JSON.parse(row.payload) as JsonObject, after);
  tx.run('UPDATE points SET version = ?, payload = ? WHERE slot = ?', version, JSON.stringify(after), row.slot);
}

/** Reads a deletion by `points` or by `filter`. Ids that do not exist are ignored. */
export function readDelete(body: unknown): PointOperation {
  const selector = readSelector(readFields(body, 'the request', ['points', 'filter'], ['shard_key']));
  return (target) => {
    const { tx, indexes } = target;
    for (const row of selectedRows(target, selector, false)) {
      if (indexes.length > 0) updateKeys(tx, indexes, row, JSON.parse(row.payload) as JsonObject, undefined);
      tx.run('DELETE FROM points WHERE slot = ?', row.slot);
      tx.run('DELETE FROM vectors WHERE slot = ?', row.slot);
      target.pointsCount -= 1;
      target.vectorsChanged += 1;
    }
  };
}

/** Reads `set_payload`: merges `payload` key by key; a null removes a key, as in a real Qdrant. */
export function readSetPayload(body: unknown): PointOperation {
  return readPayloadChange(body, (payload, patch) => {
    const entries = Object.entries({ ...payload, ...patch });
    return Object.fromEntries(entries.filter(([key]) => patch[key] !== null));
  });
}

/** Reads `overwrite_payload`: replaces the whole payload. */
export function readOverwritePayload(body: unknown): PointOperation {
  return readPayloadChange(body, (_payload, next) => next);
}

function readPayloadChange(
  body: unknown,
  change: (before: JsonObject, given: JsonObject) => JsonObject,
): PointOperation {
  const fields = readFields(body, 'the request', ['payload', 'points', 'filter'], ['shard_key', 'key']);
  if (!isJsonObject(fields['payload'])) throw formatError('missing field `payload`');
  const given = readPayload(fields['payload'], 'payload');
  const selector = readSelector(fields);
  return (target) => {
    for (const row of selectedRows(target, selector, true)) {
      writePayload(target, row, change(JSON.parse(row.payload) as JsonObject, given));
    }
  };
}

/** Reads `update_vectors`: replaces the vectors of points, all of which must exist. */
export function readUpdateVectors(body: unknown): PointOperation {
  const { points } = readFields(body, 'the request', ['points'], ['shard_key', 'update_filter']);
  const read = readArray(points, 'points').map((point, index) => {
    const fields = readFields(point, `points[${index}]`, ['id', 'vector']);
    return { id: readPointId(fields['id']), vector: readVector(fields['vector'], `points[${index}].vector`) };
  });
  return (target) => {
    checkUpsert(target.collection, read.length);
    checkWriteRate(target.collection, read.length);
    for (const { id, vector } of read) {
      const row = requirePoint(target, id);
      const bytes = storedVector(target.collection, vector);
      target.tx.run('UPDATE vectors SET vector = ? WHERE slot = ?', bytes, row.slot);
      target.tx.run('UPDATE points SET version = ? WHERE slot = ?', target.version, row.slot);
      target.vectorsChanged += 1;
    }
  };
}

type Selector = { readonly ids: readonly PointId[] } | { readonly filter: Filter };

function readSelector(fields: JsonObject): Selector {
  const filter = readFilter(fields['filter']);
  const points = fields['points'] ?? null;
  if (points !== null && filter !== undefined) throw notSupported('`points` and `filter` together');
  if (filter !== undefined) return { filter };
  if (points === null) throw formatError('the request takes `points` or `filter`');
  return { ids: [...new Set(readArray(points, 'points').map(readPointId))] };
}

/** All rows that a selector selects, read before any of them is changed. */
function selectedRows(target: WriteTarget, selector: Selector, mustExist: boolean): PointRow[] {
  const { tx, collection } = target;
  if ('filter' in selector) {
    checkWriteFilter(tx, collection, selector.filter);
    const rows = [...selectPoints(tx, collection, selector.filter)];
    checkWriteRate(collection, rows.length);
    return rows;
  }
  checkWriteRate(collection, selector.ids.length);
  return selector.ids.flatMap((id) => {
    if (mustExist) return [requirePoint(target, id)];
    return findPoint(tx, collection, encodePointId(id)) ?? [];
  });
}

function requirePoint(target: WriteTarget, id: PointId): PointRow {
  const row = findPoint(target.tx, target.collection, encodePointId(id));
  if (row === undefined) throw notFound(`No point with id ${id} found`);
  return row;
}
