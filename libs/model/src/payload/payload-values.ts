import { isJsonObject, type JsonValue } from '../json.ts';

/**
 * How far a number may be from what was written, in units in the last place of a double.
 *
 * Qdrant 1.18.3 keeps a double in ten one unit away and one in five hundred two units, whether it is sent as JSON or by gRPC: it reads
 * payloads by the default float reader of serde_json (measured 2026-11 over 20,000 random doubles). A payload that is read and written
 * again stays as it is.
 */
const UNITS_MAX = 4n;

/**
 * Whether Qdrant keeps `stored` where `written` was sent as a value of a payload: equal, but for numbers that are no integers up
 * to 2^53, which may differ by four units in the last place. -0 is 0. Nesting must be bounded by the caller (it recurses).
 */
export function isKeptAs(written: JsonValue, stored: JsonValue): boolean {
  if (typeof written === 'number') return typeof stored === 'number' && isNumberKeptAs(written, stored);
  if (Array.isArray(written)) {
    return (
      Array.isArray(stored) &&
      written.length === stored.length &&
      written.every((element, index) => isKeptAs(element, stored[index] as JsonValue))
    );
  }
  if (!isJsonObject(written)) return written === stored;
  if (!isJsonObject(stored)) return false;
  const keys = Object.keys(written);
  return (
    keys.length === Object.keys(stored).length &&
    keys.every((key) => Object.hasOwn(stored, key) && isKeptAs(written[key] as JsonValue, stored[key] as JsonValue))
  );
}

function isNumberKeptAs(written: number, stored: number): boolean {
  if (written === stored) return true;
  if (Number.isSafeInteger(written)) return false;
  const units = placeOf(written) - placeOf(stored);
  return -UNITS_MAX <= units && units <= UNITS_MAX;
}

const view = new DataView(new ArrayBuffer(8));

/** The place of a double among all doubles in their order: neighbours differ by one, and both zeros have place 0. */
function placeOf(value: number): bigint {
  view.setFloat64(0, Math.abs(value));
  const bits = view.getBigInt64(0);
  return value < 0 ? -bits : bits;
}
