import { isJsonObject, canonicalJson, type JsonObject, type JsonValue } from '../json.ts';
import { parseCreatedAt } from './created-at.ts';
import { parseLooseDate } from './loose-date.ts';
import {
  COLUMNS,
  FIELD_UNITS_MAX,
  ID_ALIASES,
  isColumnValue,
  OWN_KEYS,
  RECORD_DEPTH_MAX,
  TEXT_ALIASES,
} from './record.ts';

/**
 * What was done to a record so that it could be accepted. `character`: a NUL or a lone surrogate was taken out. `id` and
 * `text`: of several that differ one was chosen. `date` and `page`: read from another form. `label`: a value that does not fit
 * its column stays in the metadata. `metadata`: it was no object, or held a key of the record with another value.
 * `number`: NaN or an infinity, which JSON does not have, became null, or an integer beyond 2^53 its digits as text, while
 * the record was read.
 */
export type ConversionKind = 'character' | 'id' | 'text' | 'date' | 'page' | 'label' | 'metadata' | 'number';

export interface Conversion {
  readonly kind: ConversionKind;
  /** Path of the value in the record. */
  readonly field: string;
}

/** Text names that may hold the beginning of a text alone; any other name comes first. */
const PREVIEWS: ReadonlySet<string> = new Set(['text_snippet_preview', 'snippet', 'embedText']);

/**
 * Makes a record acceptable without losing anything of it, as far as that can be done: of ids and texts that differ one is
 * chosen and the others go to the metadata, labels that do not fit their columns go there too, and characters that no store
 * can hold are taken out of texts and values (never of ids and keys, where two could become one).
 *
 * For records that `parseRecord` rejected; one that it accepts must not be changed.
 */
export function relaxRecord(record: JsonObject): { record: JsonObject; conversions: readonly Conversion[] } {
  const conversions: Conversion[] = [];
  const note = (kind: ConversionKind, field: string): void =>
    void conversions.push({ kind, field: field.slice(0, FIELD_UNITS_MAX) });
  // Made of entries, so that a key of `__proto__` stays a key, which is rejected, and does not become a prototype.
  const relaxed: Record<string, JsonValue> = Object.fromEntries(
    Object.entries(record).map(([key, value]) => [key, isIdName(key) ? value : cleaned(value, key, 0, note)]),
  );
  const metadata = metadataOf(relaxed, note);
  const keep = (key: string, value: JsonValue): void => keepIn(metadata, key, value);

  chooseId(relaxed, keep, note);
  chooseText(relaxed, keep, note);
  for (const name of COLUMNS) relaxColumn(relaxed, name, keep, note);
  for (const [key, value] of Object.entries(relaxed)) {
    if (OWN_KEYS.has(key) || !Object.hasOwn(metadata, key) || isSame(metadata[key] as JsonValue, value)) continue;
    keepIn(metadata, `metadata.${key}`, metadata[key] as JsonValue);
    delete metadata[key];
    note('metadata', key);
  }
  return { record: { ...relaxed, metadata }, conversions };
}

type Note = (kind: ConversionKind, field: string) => void;
type Keep = (key: string, value: JsonValue) => void;

function isIdName(key: string): boolean {
  return (ID_ALIASES as readonly string[]).includes(key);
}

function cleaned(value: JsonValue, field: string, depth: number, note: Note): JsonValue {
  if (typeof value === 'string') {
    const clean = value.replaceAll('\0', '').toWellFormed();
    if (clean !== value) note('character', field);
    return clean;
  }
  // What is too deep is rejected as it is.
  if (typeof value !== 'object' || value === null || depth > RECORD_DEPTH_MAX) return value;
  if (Array.isArray(value)) return value.map((item, at) => cleaned(item, `${field}.${at}`, depth + 1, note));
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, cleaned(member, `${field}.${key}`, depth + 1, note)]),
  );
}

function metadataOf(record: Record<string, JsonValue>, note: Note): Record<string, JsonValue> {
  const given = record['metadata'] ?? {};
  if (isJsonObject(given)) return Object.fromEntries(Object.entries(given));
  note('metadata', 'metadata');
  return { metadata: given };
}

/** Keeps a value under its name, or beside another value of that name. */
function keepIn(metadata: Record<string, JsonValue>, key: string, value: JsonValue): void {
  if (!Object.hasOwn(metadata, key)) metadata[key] = value;
  else if (!isSame(metadata[key] as JsonValue, value)) metadata[`record.${key}`] = value;
}

/** The first name counts, `chunk_id` before the others, but for a bare number beside a text. */
function chooseId(record: Record<string, JsonValue>, keep: Keep, note: Note): void {
  const scalars = ID_ALIASES.filter((name) => isScalar(record[name]) && record[name] !== '');
  const texts = scalars.filter((name) => typeof record[name] === 'string' && !/^\d+$/.test(record[name]));
  const [first] = scalars;
  const chosen = first !== undefined && isCounter(record[first]) ? (texts[0] ?? first) : first;
  for (const name of ID_ALIASES) {
    const value = record[name];
    if (name === chosen || value === undefined) continue;
    delete record[name];
    if (value === null || value === '' || (chosen !== undefined && String(record[chosen]) === String(value))) continue;
    keep(name, value);
    note('id', name);
  }
}

function isScalar(value: JsonValue | undefined): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

function isCounter(value: JsonValue | undefined): boolean {
  return typeof value === 'number' || (typeof value === 'string' && /^\d{1,9}$/.test(value));
}

function chooseText(record: Record<string, JsonValue>, keep: Keep, note: Note): void {
  const set = TEXT_ALIASES.filter((name) => typeof record[name] === 'string' && record[name].trim() !== '');
  const chosen = set.find((name) => !PREVIEWS.has(name)) ?? set[0];
  for (const name of TEXT_ALIASES) {
    const value = record[name];
    if (name === chosen || value === undefined || chosen === undefined) continue;
    delete record[name];
    if (value === null || value === '' || isSame(value, record[chosen] as JsonValue)) continue;
    keep(name, value);
    note('text', name);
  }
}

function relaxColumn(record: Record<string, JsonValue>, name: (typeof COLUMNS)[number], keep: Keep, note: Note): void {
  const value = record[name];
  if (value === undefined || value === null || isColumnValue(name, value)) return;
  const read = name === 'page_number' ? pageOf(value) : name === 'created_at' ? dateOf(value) : undefined;
  if (read !== undefined) {
    record[name] = read;
    note(name === 'page_number' ? 'page' : 'date', name);
    return;
  }
  delete record[name];
  keep(name, value);
  note('label', name);
}

function pageOf(value: JsonValue): number | undefined {
  if (typeof value !== 'string' || !/^\s*\d{1,9}(\.0*)?\s*$/.test(value)) return undefined;
  return Number(value);
}

function dateOf(value: JsonValue): string | undefined {
  const moment = parseLooseDate(value);
  return moment === undefined ? undefined : parseCreatedAt(moment);
}

function isSame(a: JsonValue, b: JsonValue): boolean {
  return canonicalJson(a) === canonicalJson(b);
}
