import { isJsonObject, type JsonValue } from '@lockstep/model';

/** Wrappers of MongoDB's Extended JSON (https://www.mongodb.com/docs/manual/reference/mongodb-extended-json/, 2026-11). */
const PLAIN = ['$oid', '$uuid', '$numberDecimal', '$symbol'] as const;
const NUMBERS = ['$numberInt', '$numberLong', '$numberDouble'] as const;

/** Takes the values of MongoDB's Extended JSON out of their wrappers: `{"$oid": "..."}` becomes its text. */
export function unwrapExtendedJson(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(unwrapExtendedJson);
  if (!isJsonObject(value)) return value;
  const keys = Object.keys(value);
  const [key] = keys;
  if (key !== undefined && keys.length === 1 && key.startsWith('$')) {
    const inner = value[key] as JsonValue;
    if ((PLAIN as readonly string[]).includes(key)) return inner;
    if ((NUMBERS as readonly string[]).includes(key)) return numberOf(inner);
    if (key === '$date') return dateOf(unwrapExtendedJson(inner));
  }
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, unwrapExtendedJson(member)]));
}

/** A number, or its digits where it would be rounded or is none. */
function numberOf(value: JsonValue): JsonValue {
  const number = Number(value);
  return Number.isFinite(number) && Math.abs(number) <= Number.MAX_SAFE_INTEGER ? number : String(value);
}

function dateOf(value: JsonValue): JsonValue {
  if (typeof value !== 'number') return value;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? value : date.toISOString();
}
