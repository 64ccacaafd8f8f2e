import { BestScores, type Scored } from './best-scores.ts';
import { type Collection, resolveCollection } from '../collections/collections.ts';
import { type Filter, readFilter } from '../filter/filter.ts';
import { isJsonObject, readBoolean, readFields, readInteger } from '../requests/read-fields.ts';
import { encodePointId, readPointId } from '../values/point-id.ts';
import { pointJson, readShown, readVectorBytes } from '../points/point-reads.ts';
import { formatError, notFound, notSupported } from '../requests/qdrant-refusal.ts';
import { type PointRow, findPoint, selectPoints } from '../filter/select-points.ts';
import type { Transaction } from '../storage/qdrant-storage.ts';
import type { VectorSegments } from './vector-segments.ts';
import { dotAt, normalise, readVector } from '../values/vector.ts';

/** A query without a limit shows 10 points, as in a real Qdrant. */
const QUERY_LIMIT = 10;
/** Up to so many filtered points are looked up one by one; with more, all vectors are gone through. */
const LOOKUPS_MAX = 2000;
const KNOWN = [
  'query',
  'filter',
  'limit',
  'offset',
  'score_threshold',
  'with_payload',
  'with_vector',
  'params',
  'using',
];
const UNSUPPORTED = ['prefetch', 'lookup_from', 'shard_key'];
const UNSUPPORTED_QUERIES = [
  'recommend',
  'discover',
  'context',
  'order_by',
  'fusion',
  'rrf',
  'formula',
  'sample',
  'relevance_feedback',
  'mmr',
];

/** What to compare with: a vector, or the vector of a point, which is then not among the results. */
interface Target {
  readonly vector: Float32Array;
  readonly ownSlot: number | undefined;
}

/**
 * `POST /collections/{c}/points/query`: the nearest points by cosine, best first, to a vector or to a stored point.
 *
 * The search is exact: every vector that passes the filter is compared. Only scores above `score_threshold` are shown.
 */
export function queryPoints(tx: Transaction, segments: VectorSegments, name: string, body: unknown): string {
  const fields = readFields(body, 'the request', KNOWN, UNSUPPORTED);
  const limit = readInteger(fields['limit'], 'limit', 1, QUERY_LIMIT);
  const offset = readInteger(fields['offset'], 'offset', 0, 0);
  const threshold = fields['score_threshold'] ?? -Infinity;
  if (typeof threshold !== 'number') throw formatError('score_threshold must be a number');
  if ((fields['using'] ?? '') !== '') throw notSupported('`using`: the vector has no name');
  readSearchParams(fields['params']);
  const filter = readFilter(fields['filter']);
  const shown = readShown(fields, false);
  const collection = resolveCollection(tx, name);
  const target = readTarget(tx, collection, fields['query']);

  const best = new BestScores(Math.min(offset + limit, collection.points_count));
  for (const { slot, score } of scores(tx, segments, collection, filter, target.vector)) {
    if (slot !== target.ownSlot && score > threshold) best.offer(slot, score);
  }
  const points = best
    .sorted()
    .slice(offset)
    .map(({ slot, score }) => {
      const row = requireRow(tx, slot);
      return pointJson(tx, row, shown, `"version":${row.version},"score":${score}`);
    });
  return `{"points":[${points.join(',')}]}`;
}

/** `exact` and `hnsw_ef` trade accuracy for speed in a real Qdrant; this search is always exact, so both hold anyway. */
function readSearchParams(value: unknown): void {
  if (value === undefined || value === null) return;
  const known = ['exact', 'hnsw_ef'];
  const params = readFields(value, 'params', known, ['quantization', 'indexed_only', 'acorn', 'idf']);
  readBoolean(params['exact'], 'params.exact', false);
  readInteger(params['hnsw_ef'], 'params.hnsw_ef', 0, 0);
}

function readTarget(tx: Transaction, collection: Collection, value: unknown): Target {
  let query = value;
  if (isJsonObject(query)) {
    query = readFields(query, 'query', ['nearest'], UNSUPPORTED_QUERIES)['nearest'];
    if (isJsonObject(query)) throw notSupported('a query that is neither a dense vector nor a point id');
  }
  if (query === undefined || query === null) throw notSupported('a query without a vector or a point id');
  if (Array.isArray(query)) {
    return { vector: normalise(readVector(query, 'query'), collection.dimensions), ownSlot: undefined };
  }
  const id = readPointId(query);
  const row = findPoint(tx, collection, encodePointId(id));
  if (row === undefined) throw notFound(`No point with id ${id} found`);
  return { vector: new Float32Array(readVectorBytes(tx, row.slot).slice().buffer), ownSlot: row.slot };
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
