import { canonicalJson, isJsonObject, sha256Hex, type JsonObject, type JsonValue } from '@lockstep/model';
import { formatFieldPath, isSet, parseFieldPath, valueAt, type FieldPath } from './field-path.ts';
import {
  findKnownName,
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
  /** Vectors that were left out: the embedding is made anew. */
  readonly vectors: number;
}

const DEFAULTS: Readonly<Record<FieldName, readonly string[]>> = {
  id: KNOWN_IDS,
  text: KNOWN_TEXTS,
  document: KNOWN_DOCUMENTS,
  title: KNOWN_TITLES,
  page: KNOWN_PAGES,
  created: KNOWN_DATES,
};

const OWN_KEYS: Readonly<Record<FieldName, string>> = {
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

/**
 * Brings one record of a shape into our own: `chunk_id`, `text`, the labels, and everything else in `metadata`. A field's
 * value comes from the paths that the user gave, else from those of the shape, else from a known name, at the top or in
 * `metadata`. Where there is no id, it is derived; where there is no text, the record has none.
 */
export function ownRecordOf(record: JsonObject, shape: Shape, fields: UserFields = {}): OwnRecord {
  const from: Partial<Record<FieldName, string>> = {};
  const used: FieldPath[] = [];
  const value: Record<string, JsonValue> = {};
  let isIdMade = false;

  for (const field of Object.keys(OWN_KEYS) as FieldName[]) {
    const given = fields[field];
    if (field === 'id' && given !== undefined && given.length > 1) {
      const parts = given.map((path) => valueAt(record, parseFieldPath(path)));
      if (!parts.every((part) => part !== undefined && part !== null)) continue;
      value[OWN_KEYS.id] = JSON.stringify(parts);
      from.id = given.join(' + ');
      isIdMade = true;
      continue;
    }
    const path = pathOf(record, field, given, shape);
    if (path === undefined) continue;
    value[OWN_KEYS[field]] = valueAt(record, path) as JsonValue;
    from[field] = formatFieldPath(path);
    // What is a label stays where it was as well, but for a key of the record itself: that is the label.
    if (field === 'text' || field === 'id' || path.length === 1) used.push(path);
  }
  const { metadata, vectors } = metadataOf(record, shape, used);
  if (value[OWN_KEYS.id] === undefined && fields.id === undefined && !isIdMade && isSet(value[OWN_KEYS.text])) {
    value[OWN_KEYS.id] = derivedIdOf(value[OWN_KEYS.document] ?? null, value[OWN_KEYS.text] as JsonValue);
    from.id = 'derived';
  }
  return { value: { ...value, metadata }, from, vectors };
}

/** Where a record has a field; a path that the user gave is the only one that counts. */
function pathOf(
  record: JsonObject,
  field: FieldName,
  given: readonly string[] | undefined,
  shape: Shape,
): FieldPath | undefined {
  const willDo = (value: JsonValue | undefined): boolean =>
    isSet(value) && (field === 'text' ? typeof value === 'string' : typeof value !== 'object' || given !== undefined);
  const first = (paths: readonly string[]): FieldPath | undefined =>
    paths.map(parseFieldPath).find((path) => willDo(valueAt(record, path)));
  if (given !== undefined) return first(given);
  return first(shape[field] ?? []) ?? findKnownName(record, DEFAULTS[field], willDo);
}

/** All of a record but its id, its text, its vectors and what is about the file. */
function metadataOf(
  record: JsonObject,
  shape: Shape,
  used: readonly FieldPath[],
): { metadata: JsonObject; vectors: number } {
  const roots = (shape.metadata ?? ['metadata']).map(parseFieldPath);
  const leftOut = new Set([...(shape.leaveOut ?? []), ...roots.map(([key]) => key as string)]);
  const metadata: Record<string, JsonValue> = {};
  let vectors = 0;

  function add(members: JsonObject, at: FieldPath, isRoot: (path: FieldPath) => boolean): void {
    for (const [key, member] of Object.entries(members)) {
      const path = [...at, key];
      if (isRoot(path) || used.some((each) => isSamePath(each, path))) continue;
      if (member === null && KNOWN_IDS.includes(key)) continue;
      if (VECTOR.test(key) && (member === null || isVector(member))) {
        if (member !== null) vectors += 1;
        continue;
      }
      if (!Object.hasOwn(metadata, key)) metadata[key] = member;
      else if (canonicalJson(metadata[key] as JsonValue) !== canonicalJson(member)) {
        metadata[formatFieldPath(path)] = member;
      }
    }
  }

  add(record, [], ([key]) => leftOut.has(key as string));
  for (const root of roots) {
    const members = valueAt(record, root);
    const isRoot = (path: FieldPath): boolean => roots.some((each) => isSamePath(each, path));
    if (isJsonObject(members)) add(members, root, isRoot);
    else if (isSet(members)) metadata[root.at(-1) as string] = members;
  }
  return { metadata, vectors };
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
