import { formatError, notSupported } from '../requests/qdrant-refusal.ts';
import { type JsonObject, isJsonObject, readArray, readFields, readString } from '../requests/read-fields.ts';
import { type JsonPath, elementsAt, readJsonPath, valueAt } from '../values/json-path.ts';
import { keptNumber } from '../values/kept-number.ts';
import { type PointId, readPointId } from '../values/point-id.ts';

/** A value that `match` compares with: a string, an integer or a boolean. */
export type MatchValue = string | number | boolean;

/** One condition of a filter. `field` is the path as the request wrote it, which also identifies an index. */
export type Condition =
  | { readonly kind: 'has-id'; readonly ids: ReadonlySet<PointId> }
  | {
      readonly kind: 'match';
      readonly field: string;
      readonly path: JsonPath;
      readonly values: ReadonlySet<MatchValue>;
    }
  | { readonly kind: 'range'; readonly path: JsonPath; readonly test: (value: number) => boolean }
  | { readonly kind: 'is-empty'; readonly path: JsonPath };

/** A filter: all of `must`, none of `mustNot`, and one of `should` unless that is empty. */
export interface Filter {
  readonly must: readonly Condition[];
  readonly should: readonly Condition[];
  readonly mustNot: readonly Condition[];
}

/** A point that a filter is checked for. `payload` is only called when a condition needs it. */
export interface Candidate {
  readonly id: PointId;
  payload(): JsonObject;
}

const UNSUPPORTED_CONDITIONS = ['must', 'should', 'must_not', 'min_should', 'is_null', 'nested', 'has_vector', 'slice'];
const UNSUPPORTED_CHECKS = ['is_empty', 'is_null', 'geo_bounding_box', 'geo_radius', 'geo_polygon', 'values_count'];
const UNSUPPORTED_MATCHES = ['except', 'text', 'text_any', 'phrase', 'prefix'];

/**
 * Reads a filter: `must`, `should` and `must_not`, each a list of `match` (value, any), numeric `range`, `has_id` and
 * `is_empty`.
 *
 * @returns undefined when the value is absent or null
 * @throws QdrantRefusal 400 for every other condition, with its name
 */
export function readFilter(value: unknown): Filter | undefined {
  if (value === undefined || value === null) return undefined;
  const fields = readFields(value, 'filter', ['must', 'should', 'must_not'], ['min_should']);
  const read = (key: string): Condition[] =>
    readArray(fields[key] ?? [], `filter.${key}`).map((one) => readCondition(one, `filter.${key}`));
  return { must: read('must'), should: read('should'), mustNot: read('must_not') };
}

function readCondition(value: unknown, where: string): Condition {
  if (isJsonObject(value) && Object.hasOwn(value, 'key')) return readFieldCondition(value, where);
  const { has_id: ids = null, is_empty: empty = null } = readFields(
    value,
    where,
    ['has_id', 'is_empty'],
    UNSUPPORTED_CONDITIONS,
  );
  if ((ids === null) === (empty === null)) throw formatError(`each part of ${where} must hold one condition`);
  if (ids !== null) return { kind: 'has-id', ids: new Set(readArray(ids, `${where}.has_id`).map(readPointId)) };
  const { key } = readFields(empty, `${where}.is_empty`, ['key']);
  return { kind: 'is-empty', path: readJsonPath(key, `${where}.is_empty.key`) };
}

function readFieldCondition(value: JsonObject, where: string): Condition {
  const fields = readFields(value, where, ['key', 'match', 'range'], UNSUPPORTED_CHECKS);
  const path = readJsonPath(fields['key'], `${where}.key`);
  const { match = null, range = null } = fields;
  if (match === null && range === null) throw formatError(`${where} has a key and no check`);
  if (match !== null && range !== null) throw notSupported(`match and range in one condition of ${where}`);
  if (range !== null) return { kind: 'range', path, test: readRange(range, `${where}.range`) };
  const values = readMatchValues(match, `${where}.match`);
  return { kind: 'match', field: readString(fields['key'], where), path, values };
}

function readMatchValues(value: unknown, where: string): ReadonlySet<MatchValue> {
  const { value: one = null, any = null } = readFields(value, where, ['value', 'any'], UNSUPPORTED_MATCHES);
  if ((one === null) === (any === null)) throw formatError(`${where} takes one of value and any`);
  if (one !== null) return new Set([readMatchValue(one, where)]);
  const values = readArray(any, `${where}.any`).map((each) => readMatchValue(each, where));
  const types = new Set(values.map((each) => typeof each));
  if (types.size > 1 || types.has('boolean')) throw formatError(`${where}.any takes strings only or integers only`);
  return new Set(values);
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
    return Number.isFinite(given) ? keptNumber(given) : given;
  };
  const gt = bound('gt', -Infinity);
  const gte = bound('gte', -Infinity);
  const lt = bound('lt', Infinity);
  const lte = bound('lte', Infinity);
  // Stored numbers are finite, so an infinite bound excludes none of them.
  return (one) => one > gt && one >= gte && one < lt && one <= lte;
}

/**
 * Whether a point matches a filter, as in a real Qdrant (`lib/segment/src/payload_storage`): a field condition holds
 * when any value at its path matches, and an array there counts as its elements.
 */
export function matchesFilter(filter: Filter, candidate: Candidate): boolean {
  const isMet = (condition: Condition): boolean => matchesCondition(condition, candidate);
  return (
    filter.must.every(isMet) && !filter.mustNot.some(isMet) && (filter.should.length === 0 || filter.should.some(isMet))
  );
}

function matchesCondition(condition: Condition, candidate: Candidate): boolean {
  switch (condition.kind) {
    case 'has-id':
      return condition.ids.has(candidate.id);
    case 'match':
      return elementsAt(candidate.payload(), condition.path).some((one) => condition.values.has(one as MatchValue));
    case 'range':
      return elementsAt(candidate.payload(), condition.path).some(
        (one) => typeof one === 'number' && condition.test(one),
      );
    case 'is-empty':
      return isEmptyValue(valueAt(candidate.payload(), condition.path));
  }
}

function isEmptyValue(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}
