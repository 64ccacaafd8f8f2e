import { type JsonObject, isJsonObject, readString } from '../requests/read-fields.ts';
import { formatError } from '../requests/qdrant-refusal.ts';

/** One step below the first key: a key, an array index, or null for `[]`, every element of an array. */
type PathStep = string | number | null;

/** A payload path such as `a.b[].c`. */
export interface JsonPath {
  readonly first: string;
  readonly rest: readonly PathStep[];
}

/**
 * Reads a payload path in Qdrant's grammar: keys of letters, digits, `_` and `-`, or any text in double quotes, joined
 * by `.`, with `[3]` or `[]` after a key (qdrant/qdrant, `lib/segment/src/json_path/parse.rs`).
 *
 * @throws QdrantRefusal 400 for anything else
 */
export function readJsonPath(value: unknown, where: string): JsonPath {
  const text = readString(value, where);
  const step = /(?:(?<dot>\.)?(?:(?<key>[\p{Alphabetic}\p{N}_-]+)|"(?<quoted>[^"\\]*)"))|\[(?<index>\d*)\]/uy;
  const steps: PathStep[] = [];
  while (step.lastIndex < text.length) {
    const groups = step.exec(text)?.groups;
    const key = groups?.['key'] ?? groups?.['quoted'];
    const isFirst = steps.length === 0;
    if (groups === undefined || (key === undefined ? isFirst : isFirst !== (groups['dot'] === undefined))) {
      throw formatError(`Invalid json path: '${text}'`);
    }
    steps.push(key ?? (groups['index'] === '' ? null : Number(groups['index'])));
  }
  const [first, ...rest] = steps;
  if (typeof first !== 'string') throw formatError(`Invalid json path: '${text}'`);
  return { first, rest };
}

/** The values at a path: none where it leads nowhere, several where it goes through `[]`. Arrays stay whole. */
export function valuesAt(payload: JsonObject, path: JsonPath): unknown[] {
  const found: unknown[] = [];
  if (Object.hasOwn(payload, path.first)) collect(payload[path.first], path.rest, 0, found);
  return found;
}

function collect(value: unknown, steps: readonly PathStep[], at: number, found: unknown[]): void {
  const step = steps[at];
  if (step === undefined) found.push(value);
  else if (step === null) {
    if (Array.isArray(value)) for (const element of value) collect(element, steps, at + 1, found);
  } else if (typeof step === 'number') {
    if (Array.isArray(value) && step < value.length) collect(value[step], steps, at + 1, found);
  } else if (isJsonObject(value) && Object.hasOwn(value, step)) collect(value[step], steps, at + 1, found);
}

/** Copies the keys of `patch` into `target`; a null removes the key, as a real Qdrant does. */
export function mergeInto(target: JsonObject, patch: JsonObject): void {
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete target[key];
    else put(target, key, value);
  }
}

/** Merges `patch` at a path, building the objects on the way and replacing what is of another type. */
export function mergeAt(payload: JsonObject, path: JsonPath, patch: JsonObject): void {
  put(payload, path.first, merged(ownValue(payload, path.first), path.rest, 0, patch));
}

function merged(value: unknown, steps: readonly PathStep[], at: number, patch: JsonObject): unknown {
  const step = steps[at];
  if (step === undefined || typeof step === 'string') {
    const target = isJsonObject(value) ? value : {};
    if (step === undefined) mergeInto(target, patch);
    else put(target, step, merged(ownValue(target, step), steps, at + 1, patch));
    return target;
  }
  if (!Array.isArray(value)) return [];
  return value.map((element, index) =>
    step === null || step === index ? merged(element, steps, at + 1, patch) : element,
  );
}

/** Removes what a path leads to. `a[]` empties the array; `a[3]` does nothing, since repeating it would remove more. */
export function removeAt(payload: JsonObject, path: JsonPath): void {
  if (!Object.hasOwn(payload, path.first)) return;
  if (path.rest.length === 0) delete payload[path.first];
  else removeBelow(payload[path.first], path.rest, 0);
}

function removeBelow(value: unknown, steps: readonly PathStep[], at: number): void {
  const step = steps[at];
  const isLast = at === steps.length - 1;
  if (Array.isArray(value)) {
    if (step === null && isLast) value.length = 0;
    else if (step === null) for (const element of value) removeBelow(element, steps, at + 1);
    else if (typeof step === 'number' && !isLast) removeBelow(value[step], steps, at + 1);
  } else if (isJsonObject(value) && typeof step === 'string' && Object.hasOwn(value, step)) {
    if (isLast) delete value[step];
    else removeBelow(value[step], steps, at + 1);
  }
}

/** Keeps the parts of a payload whose path passes `keep`; a kept array or object is filtered in turn. */
export function filterPaths(payload: JsonObject, keep: (path: JsonPath) => boolean): JsonObject {
  const entries: [string, unknown][] = [];
  for (const [first, value] of Object.entries(payload)) {
    if (keep({ first, rest: [] })) entries.push([first, filterBelow(value, { first, rest: [] }, keep)]);
  }
  return Object.fromEntries(entries);
}

function filterBelow(value: unknown, path: JsonPath, keep: (path: JsonPath) => boolean): unknown {
  if (Array.isArray(value)) {
    const inside = { first: path.first, rest: [...path.rest, null] };
    return keep(inside) ? value.map((element) => filterBelow(element, inside, keep)) : [];
  }
  if (!isJsonObject(value)) return value;
  const entries: [string, unknown][] = [];
  for (const [key, member] of Object.entries(value)) {
    const inside = { first: path.first, rest: [...path.rest, key] };
    if (keep(inside)) entries.push([key, filterBelow(member, inside, keep)]);
  }
  return Object.fromEntries(entries);
}

/** True when one path is the beginning of the other: what `include` keeps. */
export function pathsOverlap(a: JsonPath, b: JsonPath): boolean {
  const shared = Math.min(a.rest.length, b.rest.length);
  return a.first === b.first && a.rest.slice(0, shared).every((step, index) => step === b.rest[index]);
}

/** True when `prefix` is the whole path or its beginning: what `exclude` drops. */
export function pathStartsWith(path: JsonPath, prefix: JsonPath): boolean {
  return path.rest.length >= prefix.rest.length && pathsOverlap(path, prefix);
}

function ownValue(target: JsonObject, key: string): unknown {
  return Object.hasOwn(target, key) ? target[key] : undefined;
}

/** Sets an own property also for `__proto__`, which plain assignment would not. */
function put(target: JsonObject, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}
