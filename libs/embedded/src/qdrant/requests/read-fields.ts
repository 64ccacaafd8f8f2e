import { formatError, notSupported, outOfRange } from './qdrant-refusal.ts';

/** A JSON object of unknown values. Own keys only: `__proto__` is an ordinary key after `JSON.parse`. */
export interface JsonObject {
  [key: string]: unknown;
}

/** True for a JSON object: not null, not an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads a JSON object whose keys are all known, so that nothing in a request is silently ignored.
 *
 * @param where names the object in a refusal, such as `points[3]`
 * @param known keys that the caller reads
 * @param unsupported keys of the real API that this server does not support; refused unless null
 * @throws QdrantRefusal 400 that names the first invalid key
 */
export function readFields(
  value: unknown,
  where: string,
  known: readonly string[],
  unsupported: readonly string[] = [],
): JsonObject {
  if (!isJsonObject(value)) throw formatError(`${where} must be an object`);
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    if (!unsupported.includes(key)) throw formatError(`unknown field \`${key}\` in ${where}`);
    if (value[key] !== null) throw notSupported(`\`${key}\` in ${where}`);
  }
  return value;
}

/** Reads an array, or refuses with 400. */
export function readArray(value: unknown, where: string): unknown[] {
  if (!Array.isArray(value)) throw formatError(`${where} must be an array`);
  return value;
}

/** Reads a string that is well-formed Unicode (no lone surrogate, which UTF-8 cannot hold), or refuses with 400. */
export function readString(value: unknown, where: string): string {
  if (typeof value !== 'string') throw formatError(`${where} must be a string`);
  if (!value.isWellFormed()) throw formatError(`${where} holds a lone surrogate`);
  return value;
}

/** Reads an integer, `fallback` when absent or null. Refuses other types with 400 and integers below `min` with 422. */
export function readInteger(value: unknown, where: string, min: number, fallback: number): number {
  if (value === undefined || value === null) return fallback;
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw formatError(`${where} must be an integer`);
  if (value < min) throw outOfRange('JSON body', `${where}: value ${value} invalid, must be ${min} or larger`);
  return value;
}

/** Reads a boolean, `fallback` when absent or null, or refuses with 400. */
export function readBoolean(value: unknown, where: string, fallback: boolean): boolean {
  if (value === undefined || value === null) return fallback;
  if (typeof value !== 'boolean') throw formatError(`${where} must be true or false`);
  return value;
}
