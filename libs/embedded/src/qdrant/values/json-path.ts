import { formatError, notSupported } from '../requests/qdrant-refusal.ts';
import { type JsonObject, isJsonObject, readString } from '../requests/read-fields.ts';

/** The keys that lead to a value of a payload, the outermost first: at least one. */
export type JsonPath = readonly string[];

/**
 * Reads a payload path in Qdrant's grammar (qdrant/qdrant, `lib/segment/src/json_path/parse.rs`): keys of letters,
 * digits, `_` and `-`, or any text in double quotes, joined by `.`.
 *
 * @throws QdrantRefusal 400 for anything else; for steps into arrays, `a[3]` and `a[]`, as not supported
 */
export function readJsonPath(value: unknown, where: string): JsonPath {
  const text = readString(value, where);
  const step = /(?:(?<key>[\p{Alphabetic}\p{N}_-]+)|"(?<quoted>[^"\\]*)")(?:\.(?!$)|$)/uy;
  const path: string[] = [];
  while (step.lastIndex < text.length) {
    const groups = step.exec(text)?.groups;
    if (groups === undefined) throw invalidPath(text, where);
    path.push(groups['key'] ?? groups['quoted'] ?? '');
  }
  if (path.length === 0) throw invalidPath(text, where);
  return path;
}

function invalidPath(text: string, where: string): Error {
  if (/\[\d*\]/.test(text)) return notSupported(`a step into an array in ${where}`);
  return formatError(`Invalid json path: '${text}'`);
}

/** The value at a path, undefined if there is none. */
export function valueAt(payload: JsonObject, path: JsonPath): unknown {
  let value: unknown = payload;
  for (const key of path) {
    if (!isJsonObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** The values at a path that a condition compares: an array counts as its elements, one level deep. */
export function elementsAt(payload: JsonObject, path: JsonPath): unknown[] {
  const value = valueAt(payload, path);
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as unknown[]) : [value];
}

/**
 * The parts of a value that the paths of `with_payload` select. As in a real Qdrant, a path that goes on below an array
 * selects an empty array, and one that goes on below a value that is not an object selects that value.
 */
export function pickPaths(value: unknown, paths: readonly JsonPath[]): unknown {
  if (paths.some((path) => path.length === 0)) return value;
  if (Array.isArray(value)) return [];
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).flatMap(([key, member]): [string, unknown][] => {
    const below = paths.filter(([first]) => first === key).map(([, ...rest]) => rest);
    return below.length === 0 ? [] : [[key, pickPaths(member, below)]];
  });
  return Object.fromEntries(entries);
}
