import { isJsonObject, type JsonObject, type JsonValue } from '@lockstep/model';

/** Keys from the top of a record to one of its values. */
export type FieldPath = readonly string[];

/**
 * Reads a path as people write it: keys joined by dots (`metadata.source`), or a JSON Pointer where it begins with `/`
 * (`/metadata/a.b`; RFC 6901: `~1` is a slash, `~0` a tilde).
 */
export function parseFieldPath(text: string): FieldPath {
  if (!text.startsWith('/')) return text.split('.');
  return text
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The path as people write it, such that `parseFieldPath` reads it again. */
export function formatFieldPath(path: FieldPath): string {
  if (path.every((key) => key !== '' && !key.includes('.') && !key.startsWith('/'))) return path.join('.');
  return path.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/**
 * The value at a path; undefined where there is none. A key that holds a dot is found too: `loc.lines.from` is both a
 * path and, in some files, one key.
 */
export function valueAt(record: JsonObject, path: FieldPath): JsonValue | undefined {
  let value: JsonValue | undefined = record;
  for (let at = 0; at < path.length; at += 1) {
    const key = path[at] as string;
    if (Array.isArray(value) && /^\d+$/.test(key)) value = value[Number(key)];
    else if (!isJsonObject(value)) return undefined;
    else if (Object.hasOwn(value, key)) value = value[key];
    else {
      const joined = path.slice(at).join('.');
      return at < path.length - 1 && Object.hasOwn(value, joined) ? value[joined] : undefined;
    }
  }
  return value;
}

/** True for a value that says something: not absent, null, an empty text, an empty array or an empty object. */
export function isSet(value: JsonValue | undefined): value is JsonValue {
  if (value === undefined || value === null || value === '') return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
