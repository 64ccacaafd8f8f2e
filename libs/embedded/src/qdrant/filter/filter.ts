import {
  type JsonObject,
  isJsonObject,
  readArray,
  readBoolean,
  readFields,
  readString,
} from '../requests/read-fields.ts';
import { type JsonPath, readJsonPath, valuesAt } from '../values/json-path.ts';
import { type PointId, readPointId } from '../values/point-id.ts';
import { formatError, notSupported } from '../requests/qdrant-refusal.ts';

/** A value that `match` compares with: a string, an integer or a boolean. */
export type MatchValue = string | number | boolean;

/** One condition of a filter. `field` is the path as the request wrote it, by which an index is found. */
export type Condition =
  | { readonly kind: 'filter'; readonly filter: Filter }
  | { readonly kind: 'has-id'; readonly ids: ReadonlySet<PointId> }
  | { readonly kind: 'any'; readonly field: string; readonly path: JsonPath; readonly values: ReadonlySet<MatchValue> }
  | { readonly kind: 'except'; readonly path: JsonPath; readonly values: ReadonlySet<MatchValue> }
  | { readonly kind: 'range'; readonly path: JsonPath; readonly test: (value: number) => boolean }
  | {
      readonly kind: 'is-empty' | 'is-null';
      readonly path: JsonPath;
      readonly wanted: boolean;
      readonly asField: boolean;
    };

/** A filter: all of `must`, none of `mustNot`, and one of `should` unless that is empty. */
export interface Filter {
  readonly must: readonly Condition[];
  readonly should: readonly Condition[];
  readonly mustNot: readonly Condition[];
}

/** What a filter looks at. `payload` is only called when a condition needs it. */
export interface Candidate {
  readonly id: PointId;
  payload(): JsonObject;
}

const NESTING_MAX = 32;
const FIELD_CHECKS = ['match', 'range', 'is_empty', 'is_null'];
const UNSUPPORTED_CHECKS = ['geo_bounding_box', 'geo_radius', 'geo_polygon', 'values_count'];
const UNSUPPORTED_CONDITIONS = ['nested', 'has_vector', 'slice'];

/**
 * Reads a filter: `must`, `should` and `must_not`, each a condition or a list, of `match` (value, any, except), numeric
 * `range`, `has_id`, `is_empty`, `is_null` and nested filters.
 *
 * @returns undefined when absent or null
 * @throws QdrantRefusal 400 for every other condition, named
 */
export function readFilter(value: unknown, where = 'filter', depth = 0): Filter | undefined {
  if (value === undefined || value === null) return undefined;
  if (depth > NESTING_MAX) throw formatError(`${where} is nested deeper than ${NESTING_MAX}`);
  const fields = readFields(value, where, ['must', 'should', 'must_not'], ['min_should']);
  const read = (key: string): Condition[] => {
    const part = fields[key] ?? [];
    return (Array.isArray(part) ? part : [part]).map((one) => readCondition(one, `${where}.${key}`, depth));
  };
  return { must: read('must'), should: read('should'), mustNot: read('must_not') };
}

function readCondition(value: unknown, where: string, depth: number): Condition {
  if (!isJsonObject(value)) throw formatError(`${where} must hold objects`);
  const unsupported = UNSUPPORTED_CONDITIONS.find((key) => Object.hasOwn(value, key));
  if (unsupported !== undefined) throw notSupported(`\`${unsupported}\` in ${where}`);
  if (Object.hasOwn(value, 'key')) return readFieldCondition(value, where);
  if (Object.hasOwn(value, 'has_id')) {
    const ids = readArray(readFields(value, where, ['has_id'])['has_id'], `${where}.has_id`);
    return { kind: 'has-id', ids: new Set(ids.map(readPointId)) };
  }
  if (Object.hasOwn(value, 'is_empty')) return readEmptyCondition(value, 'is_empty', 'is-empty', where);
  if (Object.hasOwn(value, 'is_null')) return readEmptyCondition(value, 'is_null', 'is-null', where);
  const filter = readFilter(value, where, depth + 1);
  if (filter === undefined || Object.keys(value).length === 0) throw formatError(`${where} holds an empty condition`);
  return { kind: 'filter', filter };
}

function readEmptyCondition(
  value: JsonObject,
  key: 'is_empty' | 'is_null',
  kind: 'is-empty' | 'is-null',
  where: string,
): Condition {
  const inner = readFields(readFields(value, where, [key])[key], `${where}.${key}`, ['key']);
  return { kind, path: readJsonPath(inner['key'], `${where}.${key}.key`), wanted: true, asField: false };
}

function readFieldCondition(value: JsonObject, where: string): Condition {
  const fields = readFields(value, where, ['key', ...FIELD_CHECKS], UNSUPPORTED_CHECKS);
  const path = readJsonPath(fields['key'], `${where}.key`);
  const given = FIELD_CHECKS.filter((check) => (fields[check] ?? null) !== null);
  const [check] = given;
  if (check === undefined) throw formatError(`${where} has a key and no check`);
  if (given.length > 1) throw notSupported(`${given.join(' and ')} in one condition of ${where}`);
  const asked = fields[check];
  const inside = `${where}.${check}`;
  if (check === 'match') return readMatch(asked, readString(fields['key'], where), path, inside);
  if (check === 'range') return { kind: 'range', path, test: readRange(asked, inside) };
  const wanted = readBoolean(asked, inside, true);
  return { kind: check === 'is_empty' ? 'is-empty' : 'is-null', path, wanted, asField: true };
}

function readMatch(value: unknown, field: string, path: JsonPath, where: string): Condition {
  const fields = readFields(value, where, ['value', 'any', 'except'], ['text', 'text_any', 'phrase', 'prefix']);
  const given = Object.keys(fields).filter((key) => (fields[key] ?? null) !== null);
  const [operator] = given;
  if (operator === undefined || given.length > 1) throw formatError(`${where} takes one of value, any and except`);
  const asked = fields[operator];
  if (operator === 'value') return { kind: 'any', field, path, values: new Set([readMatchValue(asked, where)]) };
  const values = readArray(asked, `${where}.${operator}`).map((one) => readMatchValue(one, where));
  const types = new Set(values.map((one) => typeof one));
  if (types.size > 1 || types.has('boolean')) {
    throw formatError(`${where}.${operator} takes strings only or integers only`);
  }
  if (operator === 'any') return { kind: 'any', field, path, values: new Set(values) };
  return { kind: 'except', path, values: new Set(values) };
}

function readMatchValue(value: unknown, where: string): MatchValue {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  if (typeof value === 'string') return readString(value, where);
  throw formatError(`${where} compares with a string, an integer or a boolean`);
}

function readRange(value: unknown, where: string): (value: number) => boolean {
  const fields = readFields(value, where, ['gt', 'gte', 'lt', 'lte']);
  const bound = (key: string, fallback: number): number => {
    const given = fields[key] ?? fallback;
    if (typeof given === 'string') throw notSupported(`a range over dates in ${where}`);
    if (typeof given !== 'number') throw formatError(`${where}.${key} must be a number`);
    return given;
  };
  const gt = bound('gt', -Infinity);
  const gte = bound('gte', -Infinity);
  const lt = bound('lt', Infinity);
  const lte = bound('lte', Infinity);
  // Stored numbers are finite, so the fallbacks let all of them through.
  return (one) => one > gt && one >= gte && one < lt && one <= lte;
}

/**
 * Whether a point passes a filter. The semantics are those of a real Qdrant (`lib/segment/src/payload_storage`): a field
 * condition holds when any value at its path passes, and an array there stands for its elements.
 */
export function matchesFilter(filter: Filter, candidate: Candidate): boolean {
  const holds = (condition: Condition): boolean => matchesCondition(condition, candidate);
  return (
    filter.must.every(holds) && !filter.mustNot.some(holds) && (filter.should.length === 0 || filter.should.some(holds))
  );
}

function matchesCondition(condition: Condition, candidate: Candidate): boolean {
  if (condition.kind === 'filter') return matchesFilter(condition.filter, candidate);
  if (condition.kind === 'has-id') return condition.ids.has(candidate.id);
  const values = valuesAt(candidate.payload(), condition.path);
  switch (condition.kind) {
    case 'any':
      return flattened(values).some((value) => condition.values.has(value as MatchValue));
    case 'except':
      return flattened(values).some((value) => value !== null && !condition.values.has(value as MatchValue));
    case 'range':
      return flattened(values).some((value) => typeof value === 'number' && condition.test(value));
    case 'is-empty':
      if (condition.asField && values.length === 0) return condition.wanted;
      return condition.asField
        ? values.some((value) => isEmptyValue(value) === condition.wanted)
        : values.every(isEmptyValue);
    case 'is-null':
      if (condition.asField && values.length === 0) return !condition.wanted;
      return condition.asField
        ? values.some((value) => hasNull(value) === condition.wanted)
        : values.some((value) => value === null);
  }
}

/** The values that a field condition looks at: an array counts as its elements, one level deep. */
export function flattened(values: readonly unknown[]): unknown[] {
  return values.flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]));
}

function isEmptyValue(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.length === 0);
}

function hasNull(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.includes(null));
}
