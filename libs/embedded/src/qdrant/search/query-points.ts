import { type Collection, resolveCollection } from '../collections/collections.ts';
import { checkRead } from '../filter/strict-checks.ts';
import { type Filter, readFilter } from '../filter/filter.ts';
import { type PointRow, selectPoints } from '../filter/select-points.ts';
import { pointJson, readPointParts, readVectorBytes } from '../points/point-json.ts';
import { notSupported } from '../requests/qdrant-refusal.ts';
import { isJsonObject, readFields, readInteger } from '../requests/read-fields.ts';
import type { Transaction } from '../storage/qdrant-storage.ts';
import { dotAt, normalise, readVector } from '../values/vector.ts';
import { BestScores, type Scored } from './best-scores.ts';
import type { VectorSegments } from './vector-segments.ts';

/** A query without a limit returns 10 points, as in a real Qdrant. */
const QUERY_LIMIT = 10;
/** Up to this number, the vectors of filtered points are read one by one; above it, all vectors are scanned. */
const LOOKUPS_MAX = 2000;
const KNOWN = ['query', 'filter', 'limit', 'with_payload', 'with_vector'];
const UNSUPPORTED = ['lookup_from', 'offset', 'params', 'prefetch', 'score_threshold', 'shard_key', 'using'];

/**
 * `POST /collections/{c}/points/query`: the points nearest to a vector by cosine, best first.
 *
 * The search is exact: it compares the vector of every point that matches the filter.
 */
export function queryPoints(tx: Transaction, segments: VectorSegments, name: string, body: unknown): string {
  const fields = readFields(body, 'the request', KNOWN, UNSUPPORTED);
  const vector = nearestVector(fields['query']);
  const limit = readInteger(fields['limit'], 'limit', 1, QUERY_LIMIT);
  const filter = readFilter(fields['filter']);
  const parts = readPointParts(fields, false);
  const collection = resolveCollection(tx, name);
  checkRead(tx, collection, { filter, limit });
  const query = normalise(readVector(vector, 'query'), collection.dimensions);

  const best = new BestScores(Math.min(limit, collection.points_count));
  for (const { slot, score } of scores(tx, segments, collection, filter, query)) best.offer(slot, score);
  const points = best.sorted().map(({ slot, score }) => {
    const row = requireRow(tx, slot);
    return pointJson(tx, row, parts, `"version":${row.version},"score":${score}`);
  });
  return `{"points":[${points.join(',')}]}`;
}

/** The vector of a query, as itself or as `{ "nearest": [...] }`, which the Python client sends. */
function nearestVector(query: unknown): unknown[] {
  const nearest = isJsonObject(query) && Object.keys(query).length === 1 ? query['nearest'] : query;
  if (!Array.isArray(nearest)) throw notSupported('a query that is not a vector');
  return nearest;
}

function* scores(
  tx: Transaction,
  segments: VectorSegments,
  collection: Collection,
  filter: Filter | undefined,
  query: Float32Array,
): Generator<Scored> {
  const allowed = filter === undefined ? undefined : new Set<number>();
  if (filter !== undefined) for (const { slot } of selectPoints(tx, collection, filter)) allowed?.add(slot);
  if (allowed !== undefined && allowed.size <= LOOKUPS_MAX) {
    for (const slot of allowed) {
      const vector = new Float32Array(readVectorBytes(tx, slot).slice().buffer);
      yield { slot, score: Math.fround(dotAt(query, vector, 0)) };
    }
    return;
  }
  for (const { slots, vectors, rows } of segments.of(tx, collection)) {
    for (let row = 0; row < rows; row += 1) {
      const slot = slots[row] as number;
      if (allowed !== undefined && !allowed.has(slot)) continue;
      yield { slot, score: Math.fround(dotAt(query, vectors, row * query.length)) };
    }
  }
}

function requireRow(tx: Transaction, slot: number): PointRow {
  const row = tx.get<PointRow>('SELECT slot, point_id, version, payload FROM points WHERE slot = ?', slot);
  if (row === undefined) throw new Error(`slot ${slot} has a vector and no point`);
  return row;
}
