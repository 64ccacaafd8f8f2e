import type { Collection } from '../collections/collections.ts';
import { type PayloadIndex, indexKey, readIndexes } from '../collections/payload-index.ts';
import type { JsonObject } from '../requests/read-fields.ts';
import type { Transaction } from '../storage/qdrant-storage.ts';
import { decodePointId, encodePointId } from '../values/point-id.ts';
import { type Condition, type Filter, matchesFilter } from './filter.ts';

/** A stored point without its vector. */
export interface PointRow {
  readonly slot: number;
  readonly point_id: Uint8Array;
  readonly version: number;
  readonly payload: string;
}

/**
 * The source of the candidates for a filter, narrowest first: the ids of `has_id`, the keys of one payload index, or
 * all points. When it is `exact`, every candidate matches and no payload is read.
 */
type Source =
  | { readonly kind: 'ids'; readonly ids: Uint8Array[]; readonly exact: boolean }
  | { readonly kind: 'keys'; readonly indexId: number; readonly keys: string[]; readonly exact: boolean }
  | { readonly kind: 'all'; readonly exact: boolean };

const COLUMNS = 'p.slot, p.point_id, p.version, p.payload';
/** Sorts before every encoded id. */
const FIRST_ID = new Uint8Array(0);

/**
 * The points that match a filter, in id order, from `from` (inclusive) on.
 *
 * A `match` on an indexed key, or a `has_id`, in `must` gives the candidates. Only these are checked against the rest
 * of the filter, and none is checked when that condition is the whole filter.
 */
export function* selectPoints(
  tx: Transaction,
  collection: Collection,
  filter: Filter | undefined,
  from: Uint8Array = FIRST_ID,
): Generator<PointRow> {
  const source = chooseSource(tx, collection, filter);
  for (const row of candidates(tx, collection, source, from)) {
    if (source.exact || filter === undefined || matchesFilter(filter, candidateOf(row))) yield row;
  }
}

/** Number of points that match a filter. Reads no payload when {@link selectPoints} reads none. */
export function countPoints(tx: Transaction, collection: Collection, filter: Filter | undefined): number {
  const source = chooseSource(tx, collection, filter);
  if (source.exact && source.kind === 'all') return collection.points_count;
  if (source.exact && source.kind === 'keys') return countKeys(tx, source.indexId, source.keys);
  let count = 0;
  for (const _row of selectPoints(tx, collection, filter)) count += 1;
  return count;
}

function chooseSource(tx: Transaction, collection: Collection, filter: Filter | undefined): Source {
  if (filter === undefined) return { kind: 'all', exact: true };
  const { must, should, mustNot } = filter;
  const isWhole = must.length === 1 && should.length === 0 && mustNot.length === 0;
  const isEmpty = must.length === 0 && should.length === 0 && mustNot.length === 0;
  let best: Source = { kind: 'all', exact: isEmpty };
  let bestSize = Infinity;
  const indexes = must.some(({ kind }) => kind === 'match') ? readIndexes(tx, collection.id) : [];
  for (const condition of must) {
    const source = sourceOf(condition, indexes, isWhole);
    if (source === undefined) continue;
    const size = source.kind === 'ids' ? source.ids.length : countKeys(tx, source.indexId, source.keys);
    if (size < bestSize) [best, bestSize] = [source, size];
  }
  return best;
}

function sourceOf(condition: Condition, indexes: readonly PayloadIndex[], exact: boolean) {
  if (condition.kind === 'has-id') {
    const ids = [...condition.ids].map(encodePointId).toSorted(Buffer.compare);
    return { kind: 'ids', ids, exact } as const;
  }
  if (condition.kind !== 'match') return undefined;
  const index = indexes.find(({ field }) => field === condition.field);
  if (index === undefined) return undefined;
  const keys = [...condition.values].map(indexKey).filter((key) => key !== undefined);
  return { kind: 'keys', indexId: index.id, keys, exact } as const;
}

function countKeys(tx: Transaction, indexId: number, keys: readonly string[]): number {
  const [only] = keys;
  const row =
    keys.length === 1 && only !== undefined
      ? tx.get<{ n: number }>('SELECT count(*) AS n FROM payload_keys WHERE index_id = ? AND key = ?', indexId, only)
      : tx.get<{ n: number }>(
          `SELECT count(DISTINCT slot) AS n FROM payload_keys
           WHERE index_id = ? AND key IN (SELECT value FROM json_each(?))`,
          indexId,
          JSON.stringify(keys),
        );
  return row?.n ?? 0;
}

function* candidates(tx: Transaction, collection: Collection, source: Source, from: Uint8Array): Iterable<PointRow> {
  if (source.kind === 'all') {
    yield* tx.each<PointRow>(
      `SELECT ${COLUMNS} FROM points p WHERE p.collection_id = ? AND p.point_id >= ? ORDER BY p.point_id`,
      collection.id,
      from,
    );
  } else if (source.kind === 'ids') {
    for (const id of source.ids) {
      const row = Buffer.compare(id, from) < 0 ? undefined : findPoint(tx, collection, id);
      if (row !== undefined) yield row;
    }
  } else if (source.keys.length === 1) {
    yield* tx.each<PointRow>(
      `SELECT ${COLUMNS} FROM payload_keys k JOIN points p ON p.slot = k.slot
       WHERE k.index_id = ? AND k.key = ? AND k.point_id >= ? ORDER BY k.point_id`,
      source.indexId,
      source.keys[0] ?? '',
      from,
    );
  } else {
    yield* tx.each<PointRow>(
      `SELECT ${COLUMNS} FROM points p WHERE p.slot IN (
         SELECT slot FROM payload_keys
         WHERE index_id = ? AND key IN (SELECT value FROM json_each(?)) AND point_id >= ?
       ) ORDER BY p.point_id`,
      source.indexId,
      JSON.stringify(source.keys),
      from,
    );
  }
}

/** The point with an encoded id, undefined if it does not exist. */
export function findPoint(tx: Transaction, collection: Collection, id: Uint8Array): PointRow | undefined {
  return tx.get<PointRow>(
    `SELECT ${COLUMNS} FROM points p WHERE p.collection_id = ? AND p.point_id = ?`,
    collection.id,
    id,
  );
}

function candidateOf(row: PointRow): { readonly id: string | number; payload(): JsonObject } {
  let parsed: JsonObject | undefined;
  return {
    id: decodePointId(row.point_id),
    payload: () => (parsed ??= JSON.parse(row.payload) as JsonObject),
  };
}
