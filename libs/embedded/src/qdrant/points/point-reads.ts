import { resolveCollection } from '../collections/collections.ts';
import { checkRead } from '../filter/strict-checks.ts';
import { readFilter } from '../filter/filter.ts';
import { countPoints, findPoint, selectPoints } from '../filter/select-points.ts';
import { formatError } from '../requests/qdrant-refusal.ts';
import { readArray, readBoolean, readFields, readInteger } from '../requests/read-fields.ts';
import type { Transaction } from '../storage/qdrant-storage.ts';
import { type PointId, decodePointId, encodePointId, readPointId } from '../values/point-id.ts';
import { pointJson, readPointParts } from './point-json.ts';

/** A scroll without a limit returns 10 points, as in a real Qdrant. */
const SCROLL_LIMIT = 10;

/** `POST /collections/{c}/points`: the points with these ids, in the order of the request and without missing ones. */
export function retrievePoints(tx: Transaction, name: string, body: unknown): string {
  const fields = readFields(body, 'the request', ['ids', 'with_payload', 'with_vector'], ['shard_key']);
  if (fields['ids'] === undefined) throw formatError('missing field `ids`');
  const ids = readArray(fields['ids'], 'ids').map(readPointId);
  const parts = readPointParts(fields, true);
  const collection = resolveCollection(tx, name);
  const found = ids.flatMap((id) => {
    const row = findPoint(tx, collection, encodePointId(id));
    return row === undefined ? [] : [pointJson(tx, row, parts)];
  });
  return `[${found.join(',')}]`;
}

/** `POST /collections/{c}/points/scroll`: one page of points in id order and the id that the next page starts with. */
export function scrollPoints(tx: Transaction, name: string, body: unknown): string {
  const known = ['filter', 'limit', 'offset', 'with_payload', 'with_vector'];
  const fields = readFields(body, 'the request', known, ['order_by', 'shard_key']);
  const limit = readInteger(fields['limit'], 'limit', 1, SCROLL_LIMIT);
  const from = (fields['offset'] ?? null) === null ? undefined : encodePointId(readPointId(fields['offset']));
  const filter = readFilter(fields['filter']);
  const parts = readPointParts(fields, true);
  const collection = resolveCollection(tx, name);
  checkRead(tx, collection, { filter, limit });
  const points: string[] = [];
  let next: PointId | null = null;
  for (const row of selectPoints(tx, collection, filter, from)) {
    if (points.length === limit) {
      next = decodePointId(row.point_id);
      break;
    }
    points.push(pointJson(tx, row, parts));
  }
  return `{"points":[${points.join(',')}],"next_page_offset":${JSON.stringify(next)}}`;
}

/** `POST /collections/{c}/points/count`. The count is exact, also when `exact` is false. */
export function countMatching(tx: Transaction, name: string, body: unknown): string {
  const fields = readFields(body, 'the request', ['filter', 'exact'], ['shard_key']);
  readBoolean(fields['exact'], 'exact', true);
  const filter = readFilter(fields['filter']);
  const collection = resolveCollection(tx, name);
  checkRead(tx, collection, { filter });
  return `{"count":${countPoints(tx, collection, filter)}}`;
}
