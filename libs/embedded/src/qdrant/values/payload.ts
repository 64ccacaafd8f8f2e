import { type JsonObject, isJsonObject, readArray, readFields } from '../requests/read-fields.ts';
import { type JsonPath, filterPaths, pathStartsWith, pathsOverlap, readJsonPath } from './json-path.ts';
import { formatError } from '../requests/qdrant-refusal.ts';

/** serde_json, which a real Qdrant reads requests with, refuses deeper nesting. */
const NESTING_MAX = 128;

/**
 * Reads a payload; absent and null mean an empty one.
 *
 * Refused with 400, because it would come back changed: integers beyond 2^53 and numbers beyond a double, which
 * `JSON.parse` has already rounded, strings with a lone surrogate, and nesting deeper than 128.
 */
export function readPayload(value: unknown, where: string): JsonObject {
  if (value === undefined || value === null) return {};
  if (!isJsonObject(value)) throw formatError(`${where} must be an object`);
  checkExact(value, where, 0);
  return value;
}

function checkExact(value: unknown, where: string, depth: number): void {
  if (depth > NESTING_MAX) throw formatError(`${where} is nested deeper than ${NESTING_MAX}`);
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw formatError(`${where} holds a lone surrogate`);
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
      throw formatError(`${where} holds a number that cannot be kept exactly`);
    }
  } else if (Array.isArray(value)) {
    for (const element of value) checkExact(element, where, depth + 1);
  } else if (isJsonObject(value)) {
    for (const [key, member] of Object.entries(value)) {
      checkExact(key, where, depth + 1);
      checkExact(member, where, depth + 1);
    }
  }
}

/** What part of a payload a reader asked for. */
export type PayloadSelection =
  | { readonly kind: 'all' }
  | { readonly kind: 'none' }
  | { readonly kind: 'include' | 'exclude'; readonly paths: readonly JsonPath[] };

/** Reads `with_payload`: a boolean, a list of paths, `{ include }` or `{ exclude }`. */
export function readPayloadSelection(value: unknown, fallback: boolean): PayloadSelection {
  const chosen = value ?? fallback;
  if (typeof chosen === 'boolean') return { kind: chosen ? 'all' : 'none' };
  if (Array.isArray(chosen)) return { kind: 'include', paths: readPaths(chosen, 'with_payload') };
  const fields = readFields(chosen, 'with_payload', ['include', 'exclude']);
  const { include, exclude } = fields;
  if ((include === undefined) === (exclude === undefined)) {
    throw formatError('with_payload takes exactly one of `include` and `exclude`');
  }
  if (include !== undefined) return { kind: 'include', paths: readPaths(include, 'with_payload.include') };
  return { kind: 'exclude', paths: readPaths(exclude, 'with_payload.exclude') };
}

/** Reads a list of payload paths. */
export function readPaths(value: unknown, where: string): JsonPath[] {
  return readArray(value, where).map((path) => readJsonPath(path, where));
}

/** The JSON text of the selected part of a stored payload, undefined for none. */
export function selectPayload(payloadText: string, selection: PayloadSelection): string | undefined {
  if (selection.kind === 'none') return undefined;
  if (selection.kind === 'all') return payloadText;
  const { kind, paths } = selection;
  const keep =
    kind === 'include'
      ? (path: JsonPath): boolean => paths.some((wanted) => pathsOverlap(path, wanted))
      : (path: JsonPath): boolean => !paths.some((unwanted) => pathStartsWith(path, unwanted));
  return JSON.stringify(filterPaths(JSON.parse(payloadText) as JsonObject, keep));
}
