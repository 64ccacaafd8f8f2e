import { formatError } from '../requests/qdrant-refusal.ts';

/** A point id as in answers: an unsigned integer, or a UUID in lower case with hyphens. */
export type PointId = number | string;

const NUMBER_TAG = 0;
const UUID_TAG = 1;
const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const TWO_POW_32 = 2 ** 32;

/**
 * Reads a point id from a JSON body.
 *
 * A real Qdrant supports integers up to 2^64-1. Those above 2^53-1 are refused here, since `JSON.parse` has already
 * rounded them to another number.
 *
 * @throws QdrantRefusal 400 for everything that is neither an unsigned integer nor a UUID
 */
export function readPointId(value: unknown): PointId {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value === 0 ? 0 : value;
  if (typeof value === 'string' && UUID.test(value)) return canonicalUuid(value);
  if (typeof value === 'number' && Number.isInteger(value) && value > Number.MAX_SAFE_INTEGER) {
    throw formatError('the embedded Qdrant takes integer point ids up to 9007199254740991 only');
  }
  const shown = typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value);
  throw formatError(`value ${shown} is not a valid point ID, valid values are either an unsigned integer or a UUID`);
}

/**
 * The bytes of a point id: a tag, then 8 big-endian bytes of an integer or the 16 bytes of a UUID.
 *
 * The bytes sort in Qdrant's order of ids: integers before UUIDs, each ascending.
 */
export function encodePointId(id: PointId): Uint8Array {
  if (typeof id === 'number') {
    const bytes = new Uint8Array(9);
    const view = new DataView(bytes.buffer);
    bytes[0] = NUMBER_TAG;
    view.setUint32(1, Math.floor(id / TWO_POW_32));
    view.setUint32(5, id % TWO_POW_32);
    return bytes;
  }
  const bytes = new Uint8Array(17);
  bytes[0] = UUID_TAG;
  bytes.set(Buffer.from(id.replaceAll('-', ''), 'hex'), 1);
  return bytes;
}

/** The inverse of {@link encodePointId}. */
export function decodePointId(bytes: Uint8Array): PointId {
  if (bytes[0] === NUMBER_TAG) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return view.getUint32(1) * TWO_POW_32 + view.getUint32(5);
  }
  return withHyphens(Buffer.from(bytes.buffer, bytes.byteOffset + 1, 16).toString('hex'));
}

function canonicalUuid(text: string): string {
  return withHyphens(text.replaceAll('-', '').toLowerCase());
}

function withHyphens(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
