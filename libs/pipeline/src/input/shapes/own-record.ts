import { canonicalJson, isJsonObject, sha256Hex, type JsonObject, type JsonValue } from '@lockstep/model';
import { formatFieldPath, isSet, parseFieldPath, valueAt, type FieldPath } from './field-path.ts';
import {
  createNameFinder,
  KNOWN_DATES,
  KNOWN_DOCUMENTS,
  KNOWN_IDS,
  KNOWN_PAGES,
  KNOWN_TEXTS,
  KNOWN_TITLES,
} from './known-names.ts';
import type { FieldName } from '../../receipts.ts';
import type { Shape } from './shape.ts';

/** Paths of fields that a user gave; several for the id make one id of their values. */
export type UserFields = Readonly<Partial<Record<FieldName, readonly string[]>>>;

/** A record in our own shape, and where its fields came from. */
export interface OwnRecord {
  readonly value: JsonObject;
  /** Path of each field that was found, as people write it; `derived` of an id that was made of document and text. */
  readonly from: Readonly<Partial<Record<FieldName, string>>>;
  /** Of the fields that a record must have, the path that the user gave and that this one has no value at. */
  readonly missing: Readonly<Partial<Record<'id' | 'text', string>>>;
  /** Vectors that were left out: the embedding is made anew. */
  readonly vectors: number;
}

const KNOWN = {
  id: createNameFinder(KNOWN_IDS),
  text: createNameFinder(KNOWN_TEXTS),
  document: createNameFinder(KNOWN_DOCUMENTS),
  title: createNameFinder(KNOWN_TITLES),
  page: createNameFinder(KNOWN_PAGES),
  created: createNameFinder(KNOWN_DATES),
};

const KNOWN_NAMES = [KNOWN_IDS, KNOWN_TEXTS, KNOWN_DOCUMENTS, KNOWN_TITLES, KNOWN_PAGES, KNOWN_DATES].flat();

/** Keys of the fields in our own shape. */
export const OWN_KEYS: Readonly<Record<FieldName, string>> = {
  id: 'chunk_id',
  text: 'text',
  document: 'document_id',
  title: 'chapter_title',
  page: 'page_number',
  created: 'created_at',
};

/** Names of vectors. */
const VECTOR = /vector|embedding|^values$/i;

/** Numbers that make an array a vector. */
const VECTOR_ITEMS_MIN = 2;

/** Hexadecimal digits of a derived id: 128 bits. */
const DERIVED_DIGITS = 32;

/**
 * The id of a record that has none: SHA-256 of the JSON array `["lockstep.derived-id/1", document, text]`, its first 32
 * hexadecimal digits. It stays the same when records change their order, and when others change.
 */
export function derivedIdOf(document: JsonValue, text: JsonValue): string {
  return sha256Hex(JSON.stringify(['lockstep.derived-id/1', document, text])).slice(0, DERIVED_DIGITS);
}

/** A path, and how people write it. */
interface NamedPath {
  readonly path: FieldPath;
  readonly text: string;
}

/**
 * Makes the function that brings records of a shape into our own: `chunk_id`, `text`, the labels, and everything else in
 * `metadata`. A field's value comes from the paths that the user gave, else from those of the shape, else from a known
 * name, at the top or in what becomes metadata (an id there only in `metadata`). Where there is no id, it is derived; where there is no text, the record has none.
 */
export function createOwnRecords(shape: Shape, fields: UserFields = {}): (record: JsonObject) => OwnRecord {
  const names = Object.keys(OWN_KEYS) as FieldName[];
  // Paths are parsed once, and not with every record.
  const given = new Map(names.map((field) => [field, fields[field]?.map(namedPath)]));
  const shapes = new Map(names.map((field) => [field, (shape[field] ?? []).map(namedPath)]));
  const roots = (shape.metadata ?? []).map(parseFieldPath);
  const keys = [...given.values(), ...shapes.values()].flatMap((paths = []) => paths.map(({ path }) => path));
  const metadataOf = createMetadata(
    shape,
    keys.filter(({ length }) => length === 1).map(([key]) => key as string),
  );

  /** Where a record has a field; a path that the user gave is the only one that counts. */
  function find(record: JsonObject, field: FieldName): NamedPath | undefined {
    const byUser = given.get(field);
    const willDo = (value: JsonValue | undefined): boolean =>
      isSet(value) &&
      (field === 'text' ? typeof value === 'string' : typeof value !== 'object' || byUser !== undefined);
    const found = (byUser ?? shapes.get(field))?.find(({ path }) => willDo(valueAt(record, path)));
    if (found !== undefined || byUser !== undefined) return found;
    const path = KNOWN[field](record, willDo) ?? (field === 'id' ? undefined : findBelow(record, field, willDo));
    return path && { path, text: formatFieldPath(path) };
  }

  /** A known name in what becomes metadata. */
  function findBelow(
    record: JsonObject,
    field: FieldName,
    willDo: (value: JsonValue) => boolean,
  ): FieldPath | undefined {
    for (const root of roots) {
      const members = valueAt(record, root);
      const path = members !== undefined && isJsonObject(members) ? KNOWN[field](members, willDo) : undefined;
      if (path !== undefined) return [...root, ...path];
    }
    return undefined;
  }

  return (record) => {
    const from: Partial<Record<FieldName, string>> = {};
    const missing: Partial<Record<'id' | 'text', string>> = {};
    const used: FieldPath[] = [];
    const value: Record<string, JsonValue> = {};

    for (const field of names) {
      const byUser = given.get(field);
      if (field === 'id' && byUser !== undefined && byUser.length > 1) {
        const parts = byUser.map(({ path }) => valueAt(record, path) ?? null);
        const absent = byUser[parts.indexOf(null)];
        if (absent === undefined) {
          // A number that was rounded could be that of another record: it is rejected as it is.
          value[OWN_KEYS.id] = parts.find(isRounded) ?? JSON.stringify(parts);
          from.id = byUser.map(({ text }) => text).join(' + ');
        } else missing.id = absent.text;
        continue;
      }
      const found = find(record, field);
      if (found === undefined) {
        if ((field === 'id' || field === 'text') && byUser?.[0] !== undefined) missing[field] = byUser[0].text;
        continue;
      }
      const { path, text } = found;
      value[OWN_KEYS[field]] = valueAt(record, path) as JsonValue;
      from[field] = text;
      // What is a label stays where it was as well, but for a key of the record itself: that is the label.
      if (field === 'text' || field === 'id' || path.length === 1) used.push(path);
    }
    const { metadata, vectors } = metadataOf(record, used);
    if (value[OWN_KEYS.id] === undefined && fields.id === undefined && isSet(value[OWN_KEYS.text])) {
      value[OWN_KEYS.id] = derivedIdOf(value[OWN_KEYS.document] ?? null, value[OWN_KEYS.text] as JsonValue);
      from.id = 'derived';
    }
    value['metadata'] = metadata;
    return { value, from, missing, vectors };
  };
}

function namedPath(text: string): NamedPath {
  const path = parseFieldPath(text);
  return { path, text: formatFieldPath(path) };
}

function isRounded(value: JsonValue): boolean {
  return typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER;
}

/**
 * Makes the function that gives all of a record but its id, its text, its vectors and what is about the file. `fieldKeys`:
 * keys under which a record may have a field.
 */
function createMetadata(shape: Shape, fieldKeys: readonly string[]) {
  const optional = new Set([...fieldKeys, ...KNOWN_NAMES]);
  const roots = (shape.metadata ?? ['metadata']).map(parseFieldPath);
  const leftOut = new Set([...(shape.leaveOut ?? []), ...roots.map(([key]) => key as string)]);

  return (record: JsonObject, used: readonly FieldPath[]): { metadata: JsonObject; vectors: number } => {
    const metadata: JsonObject = {};
    let vectors = 0;

    function add(members: JsonObject, at: FieldPath): void {
      const usedHere = at.reduce<readonly FieldPath[]>(pathsBelow, used);
      for (const [key, whole] of Object.entries(members)) {
        if (at.length === 0 && leftOut.has(key)) continue;
        if (at.length > 0 && roots.some((each) => isSamePath(each, [...at, key]))) continue;
        const member = without(whole, pathsBelow(usedHere, key));
        if (member === undefined) continue;
        // A field that is null is the same as its absence, as in our own shape.
        if (member === null && (KNOWN_IDS.includes(key) || (at.length === 0 && optional.has(key)))) continue;
        if ((member === null || isVector(member)) && VECTOR.test(key)) {
          if (member !== null) vectors += 1;
          continue;
        }
        if (!Object.hasOwn(metadata, key)) put(metadata, key, member);
        else if (canonicalJson(metadata[key] as JsonValue) !== canonicalJson(member))
          put(metadata, formatFieldPath([...at, key]), member);
      }
    }

    add(record, []);
    for (const root of roots) {
      const members = valueAt(record, root);
      if (isJsonObject(members)) add(members, root);
      else if (isSet(members)) put(metadata, root.at(-1) as string, members);
    }
    return { metadata, vectors };
  };
}

/** Sets a member, also under `__proto__`, which an assignment would lose; the record is to be rejected for it. */
function put(object: JsonObject, key: string, value: JsonValue): void {
  if (key !== '__proto__') object[key] = value;
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

/** What is left of a value without what stands at some paths in it; undefined where nothing is. */
function without(value: JsonValue, paths: readonly FieldPath[]): JsonValue | undefined {
  if (paths.length === 0) return value;
  if (paths.some((path) => path.length === 0)) return undefined;
  if (!isJsonObject(value)) return value;
  const left = Object.entries(value).flatMap(([key, member]): [string, JsonValue][] => {
    const rest = without(member, pathsBelow(paths, key));
    return rest === undefined ? [] : [[key, rest]];
  });
  return left.length === 0 ? undefined : Object.fromEntries(left);
}

const NO_PATHS: readonly FieldPath[] = [];

/** Of some paths those through a key, from there on. A key that holds dots may be the whole of a path, see `valueAt`. */
function pathsBelow(paths: readonly FieldPath[], key: string): readonly FieldPath[] {
  const through = (path: FieldPath): boolean => path[0] === key;
  if (!key.includes('.')) return paths.some(through) ? paths.filter(through).map((path) => path.slice(1)) : NO_PATHS;
  return paths.flatMap((path) => (through(path) ? [path.slice(1)] : path.join('.') === key ? [[]] : []));
}

function isVector(value: JsonValue): boolean {
  return (
    Array.isArray(value) &&
    value.length >= VECTOR_ITEMS_MIN &&
    // Large integers came as text.
    value.every((item) => typeof item === 'number' || (typeof item === 'string' && /^-?\d{16,}$/.test(item)))
  );
}

function isSamePath(a: FieldPath, b: FieldPath): boolean {
  return a.length === b.length && a.every((key, at) => key === b[at]);
}
