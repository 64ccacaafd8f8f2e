import type { PointRow } from '../filter/select-points.ts';
import { notSupported } from '../requests/qdrant-refusal.ts';
import { type JsonObject, readBoolean } from '../requests/read-fields.ts';
import type { Transaction } from '../storage/qdrant-storage.ts';
import { type PayloadSelection, readPayloadSelection, selectPayload } from '../values/payload.ts';
import { decodePointId } from '../values/point-id.ts';
import { vectorJson } from '../values/vector.ts';

/** The parts of each point that an answer contains. */
export interface PointParts {
  readonly payload: PayloadSelection;
  readonly vector: boolean;
}

/** Reads `with_payload` and `with_vector`. Lists of vector names are refused: there is one vector, without a name. */
export function readPointParts(fields: JsonObject, payloadByDefault: boolean): PointParts {
  if (Array.isArray(fields['with_vector'])) throw notSupported('names in with_vector');
  return {
    payload: readPayloadSelection(fields['with_payload'], payloadByDefault),
    vector: readBoolean(fields['with_vector'], 'with_vector', false),
  };
}

/** The JSON text of one point. `extra` has further members, such as `"score":0.5`. */
export function pointJson(tx: Transaction, row: PointRow, parts: PointParts, extra = ''): string {
  const payload = selectPayload(row.payload, parts.payload);
  return [
    `{"id":${JSON.stringify(decodePointId(row.point_id))}`,
    ...(extra === '' ? [] : [extra]),
    ...(payload === undefined ? [] : [`"payload":${payload}`]),
    ...(parts.vector ? [`"vector":${vectorJson(readVectorBytes(tx, row.slot))}`] : []),
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
