import { type Collection, resolveCollection } from '../collections/collections.ts';
import { readFilter } from '../filter/filter.ts';
import { type JsonObject, readArray, readBoolean, readFields, readInteger } from '../requests/read-fields.ts';
import { type PayloadSelection, readPayloadSelection, selectPayload } from '../values/payload.ts';
import { type PointId, decodePointId, encodePointId, readPointId } from '../values/point-id.ts';
import { formatError, notFound, notSupported } from '../requests/qdrant-refusal.ts';
import { type PointRow, countPoints, findPoint, selectPoints } from '../filter/select-points.ts';
import type { Transaction } from '../storage/qdrant-storage.ts';
import { vectorJson } from '../values/vector.ts';

/** What an answer shows of each point. */
export interface Shown {
  readonly payload: PayloadSelection;
  readonly vector: boolean;
}

/** A scroll without a limit shows 10 points, as in a real Qdrant. */
const SCROLL_LIMIT = 10;

/** Reads `with_payload` and `with_vector`. Lists of vector names are refused: there is one vector, without a name. */
export function readShown(fields: JsonObject, payloadByDefault: boolean): Shown {
  if (Array.isArray(fields['with_vector'])) throw notSupported('names in with_vector');
  return {
    payload: readPayloadSelection(fields['with_payload'], payloadByDefault),
    vector: readBoolean(fields['with_vector'], 'with_vector', false),
  };
}

/** The JSON text of one point, `extra` being further members such as `"score":0.5`. */
export function pointJson(tx: Transaction, row: PointRow, shown: Shown, extra = ''): string {
  const payload = selectPayload(row.payload, shown.payload);
  return [
    `{"id":${JSON.stringify(decodePointId(row.point_id))}`,
    ...(extra === '' ? [] : [extra]),
    ...(payload === undefined ? [] : [`"payload":${payload}`]),
    ...(shown.vector ? [`"vector":${vectorJson(readVectorBytes(tx, row.slot))}`] : []),
  ]
    .join(',')
    .concat('}');
}

/** The stored bytes of the vector in a slot. */
export function readVectorBytes(tx: Transaction, slot: number): Uint8Array {
  const row = tx.get<{ vector: Uint8Array }>('SELECT vector FROM vectors WHERE slot = ?', slot);
  if (row === undefined) throw new Error(`slot ${slot} has a point and no vector`);
  return row.vector;
}

/** `POST /collections/{c}/points`: the points with these ids, in the order asked; absent ones are left out. */
export function retrievePoints(tx: Transaction, name: string, body: unknown): string {
  const fields = readFields(body, 'the request', ['ids', 'with_payload', 'with_vector'], ['shard_key']);
  if (fields['ids'] === undefined) throw formatError('missing field `ids`');
  const ids = readArray(fields['ids'], 'ids').map(readPointId);
  const shown = readShown(fields, true);
  const collection = resolveCollection(tx, name);
  const found = ids.flatMap((id) => {
    const row = findPoint(tx, collection, encodePointId(id));
    return row === undefined ? [] : [pointJson(tx, row, shown)];
  });
  return `[${found.join(',')}]`;
}

/** `GET /collections/{c}/points/{id}`, with payload and vector. Refuses with 404. */
export function retrievePoint(tx: Transaction, name: string, id: PointId): string {
  const row = findPoint(tx, resolveCollection(tx, name), encodePointId(id));
  if (row === undefined) throw notFound(`Point with id ${id} does not exists!`);
  return pointJson(tx, row, { payload: { kind: 'all' }, vector: true });
}

/** `POST /collections/{c}/points/scroll`: one page of points in id order and the id that the next page starts with. */
export function scrollPoints(tx: Transaction, name: string, body: unknown): string {
  const known = ['filter', 'limit', 'offset', 'with_payload', 'with_vector'];
  const fields = readFields(body, 'the request', known, ['order_by', 'shard_key']);
  const limit = readInteger(fields['limit'], 'limit', 1, SCROLL_LIMIT);
  const from = (fields['offset'] ?? null) === null ? undefined : encodePointId(readPointId(fields['offset']));
  const filter = readFilter(fields['filter']);
  const shown = readShown(fields, true);
  const points: string[] = [];
  let next: PointId | null = null;
  for (const row of selectPoints(tx, resolveCollection(tx, name), filter, from)) {
    if (points.length === limit) {
      next = decodePointId(row.point_id);
      break;
    }
    points.push(pointJson(tx, row, shown));
  }
  return `{"points":[${points.join(',')}],"next_page_offset":${JSON.stringify(next)}}`;
}

/** `POST /collections/{c}/points/count`. The count is exact, also when `exact` is false. */
export function countMatching(tx: Transaction, name: string, body: unknown): string {
  const fields = readFields(body, 'the request', ['filter', 'exact'], ['shard_key']);
  readBoolean(fields['exact'], 'exact', true);
  const filter = readFilter(fields['filter']);
  const collection: Collection = resolveCollection(tx, name);
  return `{"count":${countPoints(tx, collection, filter)}}`;
}
