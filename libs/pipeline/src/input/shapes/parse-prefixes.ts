import type { JsonObject, JsonValue } from '@lockstep/model';

/** Nesting that is looked into; what is deeper counts as null. */
const DEPTH_MAX = 32;

/**
 * Reads JSON values one after another, at most so many, as far as they are there: arrays and objects that are cut end where
 * they are cut, and what is broken ends the reading. For looking at the beginning of an input; never for its content.
 */
export function parsePrefixes(text: string, itemsMax: number): readonly JsonValue[] {
  let at = 0;

  function skipSpace(): void {
    while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at += 1;
  }

  /** A string from its opening quote; undefined where it is cut. */
  function readString(): string | undefined {
    const from = at;
    for (at += 1; at < text.length; at += 1) {
      const character = text.charAt(at);
      if (character === '\\') at += 1;
      else if (character === '"') {
        at += 1;
        try {
          return JSON.parse(text.slice(from, at)) as string;
        } catch {
          return undefined;
        }
      }
    }
    return undefined;
  }

  function readScalar(): JsonValue | undefined {
    const [word = ''] = /^[^,\]}\s]*/.exec(text.slice(at, at + 64)) ?? [];
    at += word.length;
    try {
      return at >= text.length ? undefined : (JSON.parse(word) as JsonValue);
    } catch {
      return word === '' ? undefined : null;
    }
  }

  function readArray(depth: number): JsonValue[] {
    const items: JsonValue[] = [];
    at += 1;
    for (;;) {
      skipSpace();
      if (at >= text.length) return items;
      if (text.charAt(at) === ']') {
        at += 1;
        return items;
      }
      const item = readValue(depth);
      if (item === undefined) return items;
      items.push(item);
      skipSpace();
      if (text.charAt(at) === ',') at += 1;
      else if (text.charAt(at) !== ']') {
        at = text.length;
        return items;
      }
    }
  }

  function readObject(depth: number): JsonObject {
    const members: [string, JsonValue][] = [];
    const done = (): JsonObject => Object.fromEntries(members.filter(([key]) => key !== '__proto__'));
    at += 1;
    for (;;) {
      skipSpace();
      if (text.charAt(at) === '}') {
        at += 1;
        return done();
      }
      if (text.charAt(at) !== '"') break;
      const key = readString();
      skipSpace();
      if (key === undefined || text.charAt(at) !== ':') break;
      at += 1;
      skipSpace();
      const value = readValue(depth);
      if (value === undefined) break;
      members.push([key, value]);
      skipSpace();
      if (text.charAt(at) === ',') at += 1;
    }
    at = text.length;
    return done();
  }

  function readValue(depth: number): JsonValue | undefined {
    const first = text.charAt(at);
    if (first === '"') return readString();
    if (first !== '[' && first !== '{') return readScalar();
    if (depth >= DEPTH_MAX) {
      at = text.length;
      return null;
    }
    return first === '[' ? readArray(depth + 1) : readObject(depth + 1);
  }

  const values: JsonValue[] = [];
  for (skipSpace(); at < text.length && values.length < itemsMax; skipSpace()) {
    const value = readValue(0);
    if (value === undefined) break;
    values.push(value);
  }
  return values;
}
