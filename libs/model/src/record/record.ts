import * as v from 'valibot';
import type { Chunk, RejectCode, Rejection } from '../chunk.ts';
import { parseCreatedAt } from './created-at.ts';
import { canonicalJson, isJsonObject, type JsonObject, type JsonValue } from '../json.ts';
import { utf8Bytes } from '../utf8-bytes.ts';

/** Keys for the id and for the text of a record. A record may have several of them if their values are equal. */
export const ID_ALIASES = ['chunk_id', 'id', 'chunkId'] as const;
export const TEXT_ALIASES = [
  'text',
  'content',
  'chunk_text',
  'text_snippet_preview',
  'page_content',
  'pageContent',
  'embedText',
  'snippet',
] as const;

/** Levels of nesting below the top level of a record; deeper records are rejected, since canonical JSON recurses. */
export const RECORD_DEPTH_MAX = 64;

/**
 * Longest chunk id, in UTF-8 bytes. A Postgres index entry has at most 2,704 bytes and holds the name of the corpus too
 * (https://www.postgresql.org/docs/current/btree.html, 2026-11).
 */
export const CHUNK_ID_BYTES_MAX = 1024;

/** Most JSON values in a record; 16 MiB can hold eight million, which need gigabytes of memory and half a minute. */
export const RECORD_VALUES_MAX = 100_000;

/** UTF-16 units of a path or a key that a rejection shows at most. */
export const FIELD_UNITS_MAX = 200;

const INT32_MAX = 2_147_483_647;
export const COLUMNS = ['document_id', 'chapter_title', 'page_number', 'created_at'] as const;
export const OWN_KEYS: ReadonlySet<string> = new Set<string>([...ID_ALIASES, ...TEXT_ALIASES, ...COLUMNS, 'metadata']);

const decimalText = v.pipe(v.union([v.string(), v.pipe(v.number(), v.safeInteger())]), v.transform(String));

/** Values of the fields that have a column; null and absent are the same. */
const columnSchemas = {
  document_id: v.nullable(decimalText),
  chapter_title: v.nullable(v.string()),
  page_number: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(-INT32_MAX - 1), v.maxValue(INT32_MAX))),
  created_at: v.nullable(
    v.pipe(
      v.string(),
      v.rawTransform(({ dataset, addIssue, NEVER }) => {
        const moment = parseCreatedAt(dataset.value);
        if (moment !== undefined) return moment;
        addIssue({ message: 'not a date' });
        return NEVER;
      }),
    ),
  ),
};

const EXPECTED: Record<(typeof COLUMNS)[number], string> = {
  document_id: 'a string or an integer',
  chapter_title: 'a string',
  page_number: 'an integer between -2147483648 and 2147483647',
  created_at: 'an ISO 8601 date-time with at most microseconds, such as 2025-12-05T10:00:00Z',
};

/** Whether a value fits the column of this name. */
export function isColumnValue(name: (typeof COLUMNS)[number], value: JsonValue): boolean {
  return v.is(columnSchemas[name], value);
}

/** Thrown inside this file only, and caught by `parseRecord`. */
class Rejected {
  readonly code: RejectCode;
  readonly field: string | null;
  readonly message: string;
  constructor(code: RejectCode, field: string | null, message: string) {
    this.code = code;
    this.field = field === null ? null : shown(field);
    this.message = message;
  }
}

/**
 * Turns one raw record into a chunk, or reports what is wrong with it. Never throws, whatever the record holds.
 *
 * Aliases of the id and the text are resolved; keys without a column go into `metadata` without loss. `document_id`,
 * `chapter_title`, `page_number` and `created_at` come from the top level, or else from `metadata` if the value there
 * is valid (it also stays there). A number beyond 2^53 is rejected, since it was rounded when it was read.
 */
export function parseRecord(record: JsonValue): { ok: true; chunk: Chunk } | { ok: false; rejection: Rejection } {
  try {
    if (!isJsonObject(record)) throw new Rejected('not-an-object', null, `expected an object, found ${nameOf(record)}`);
    checkTree(record);
    const id = parseId(record);
    const text = parseText(record);
    const metadata = foldMetadata(record);
    const columns = parseColumns(record, metadata);
    return { ok: true, chunk: { chunkId: id, ...columns, text, metadata } };
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    const { code, field, message } = error;
    const chunkId = isJsonObject(record) ? readableId(record) : undefined;
    return { ok: false, rejection: { code, field, message, ...(chunkId === undefined ? {} : { chunkId }) } };
  }
}

/** The id of a record that may have other faults, if all its id aliases agree on a valid one. */
function readableId(record: JsonObject): string | undefined {
  try {
    const id = parseId(record);
    return id.includes('\0') || !id.isWellFormed() ? undefined : id;
  } catch (error) {
    if (error instanceof Rejected) return undefined;
    throw error;
  }
}

function parseId(record: JsonObject): string {
  // The depth of the record is not known yet, so nothing here may recurse into an array or an object.
  const nested = ID_ALIASES.find((alias) => typeof record[alias] === 'object' && record[alias] !== null);
  if (nested !== undefined) throw badId(nested, record[nested] as JsonValue);
  const field = aliasOf(record, ID_ALIASES, 'id', (value) => (typeof value === 'number' ? String(value) : value));
  if (field === undefined)
    throw new Rejected('missing-id', 'chunk_id', `has no id: expected one of ${ID_ALIASES.join(', ')}`);
  const value = record[field] as JsonValue;
  const result = v.safeParse(decimalText, value);
  if (!result.success || result.output === '') throw badId(field, value);
  const bytes = utf8Bytes(result.output);
  if (bytes > CHUNK_ID_BYTES_MAX) {
    throw new Rejected('bad-id', field, `expected at most ${CHUNK_ID_BYTES_MAX} bytes, found ${bytes}`);
  }
  return result.output;
}

function badId(field: string, value: JsonValue): Rejected {
  return new Rejected('bad-id', field, `expected a non-empty string or an integer below 2^53, found ${nameOf(value)}`);
}

/** A character that a reader sees: no white space, control, format or filler character. */
const VISIBLE = /[^\p{White_Space}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/u;

function parseText(record: JsonObject): string {
  const field = aliasOf(record, TEXT_ALIASES, 'text', (value) => value);
  if (field === undefined)
    throw new Rejected('missing-text', 'text', `has no text: expected one of ${TEXT_ALIASES.join(', ')}`);
  const value = record[field] as JsonValue;
  if (typeof value !== 'string') throw new Rejected('bad-text', field, `expected a string, found ${nameOf(value)}`);
  if (!VISIBLE.test(value)) {
    const found = value.trim() === '' ? 'nothing but white space' : 'nothing visible';
    throw new Rejected('missing-text', field, `has no text: found ${found}`);
  }
  return value;
}

/** The first alias that is set, if all that are set have equal values. A null counts as not set. */
function aliasOf(
  record: JsonObject,
  aliases: readonly string[],
  what: string,
  normalise: (value: JsonValue) => JsonValue,
): string | undefined {
  const set = aliases.filter((alias) => Object.hasOwn(record, alias) && record[alias] !== null);
  const [first, ...others] = set;
  if (first === undefined || others.length === 0) return first;
  const expected = canonicalJson(normalise(record[first] as JsonValue));
  const other = others.find((alias) => canonicalJson(normalise(record[alias] as JsonValue)) !== expected);
  if (other === undefined) return first;
  throw new Rejected('alias-conflict', other, `${first} and ${other} both name the ${what} but differ`);
}

function foldMetadata(record: JsonObject): JsonObject {
  const given = record['metadata'] ?? {};
  if (!isJsonObject(given)) {
    throw new Rejected('bad-metadata', 'metadata', `expected an object, found ${nameOf(given)}`);
  }
  const folded: JsonObject = { ...given };
  for (const [key, value] of Object.entries(record)) {
    if (OWN_KEYS.has(key)) continue;
    if (Object.hasOwn(given, key) && canonicalJson(given[key] as JsonValue) !== canonicalJson(value)) {
      throw new Rejected('key-conflict', key, `the record and its metadata both hold ${shown(key)} but differ`);
    }
    folded[key] = value;
  }
  return folded;
}

function parseColumns(record: JsonObject, metadata: JsonObject): Omit<Chunk, 'chunkId' | 'text' | 'metadata'> {
  const column = <Name extends (typeof COLUMNS)[number]>(
    name: Name,
  ): v.InferOutput<(typeof columnSchemas)[Name]> | null => {
    const schema = columnSchemas[name];
    const value = record[name];
    if (value === undefined || value === null) {
      const lifted = v.safeParse(schema, metadata[name] ?? null);
      return lifted.success ? lifted.output : null;
    }
    const result = v.safeParse(schema, value);
    if (result.success) return result.output;
    throw new Rejected('bad-field', name, `expected ${EXPECTED[name]}, found ${nameOf(value)}`);
  };
  return {
    documentId: column('document_id'),
    chapterTitle: column('chapter_title'),
    pageNumber: column('page_number'),
    createdAt: column('created_at'),
  };
}

/** Walks the whole record without recursion, and rejects all that one of the stores would refuse, change or lose. */
function checkTree(record: JsonObject): void {
  const open: { value: JsonValue; field: string; depth: number }[] = [{ value: record, field: '', depth: 0 }];
  let values = 1;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, field, depth } = next;
    if (typeof value === 'string') checkString(value, field);
    else if (typeof value === 'number' && !(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) {
      throw new Rejected('unsafe-number', field, 'expected a number of at most 2^53 - 1, which no store rounds');
    }
    if (typeof value !== 'object' || value === null) continue;
    if (depth > RECORD_DEPTH_MAX) {
      throw new Rejected('too-deep', topOf(field), `expected at most ${RECORD_DEPTH_MAX} levels of nesting`);
    }
    values += Array.isArray(value) ? value.length : Object.keys(value).length;
    if (values > RECORD_VALUES_MAX) {
      throw new Rejected('too-large', topOf(field) || null, `expected at most ${RECORD_VALUES_MAX} values in a record`);
    }
    for (const [key, member] of Object.entries(value)) {
      const path = field === '' ? key : `${field}.${key}`;
      if (!Array.isArray(value)) {
        if (key === '__proto__') throw new Rejected('forbidden-key', path, 'expected another key than __proto__');
        checkString(key, path);
      }
      open.push({ value: member, field: path, depth: depth + 1 });
    }
  }
}

function checkString(text: string, field: string): void {
  if (text.includes('\0')) throw new Rejected('nul', field, 'expected no NUL character; Postgres cannot hold one');
  if (!text.isWellFormed()) throw new Rejected('lone-surrogate', field, 'expected no lone surrogate; it has no UTF-8');
}

/** The beginning of a path or a key, which may be as long as a record. */
function shown(text: string): string {
  return text.length > FIELD_UNITS_MAX ? `${text.slice(0, FIELD_UNITS_MAX)}...` : text;
}

function topOf(field: string): string {
  return field.split('.', 1)[0] as string;
}

function nameOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  if (value === '') return 'an empty string';
  if (typeof value === 'string') return 'a string';
  return `the ${typeof value} ${value}`;
}
