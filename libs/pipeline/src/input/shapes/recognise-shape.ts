import { ID_ALIASES, isJsonObject, TEXT_ALIASES, type JsonObject, type JsonValue } from '@lockstep/model';
import { formatFieldPath, isSet, parseFieldPath, valueAt, type FieldPath } from './field-path.ts';
import type { Column } from '../json/column-list.ts';
import type { JsonLayout } from '../json/json-layout.ts';
import { createNameFinder, KNOWN_TEXTS, LAST_TEXTS } from './known-names.ts';
import { hasKnownText, partLists } from './parts-of-documents.ts';
import { parsePrefixes } from './parse-prefixes.ts';
import type { RecordsPlace, Shape } from './shape.ts';
import { ANY_KEY, CONTAINERS, documentOf, SHAPES } from './shapes.ts';

/** Records that are looked at. */
const SAMPLE_ITEMS = 50;

/** Our own shape: its records are taken as they are. */
export const OWN_SHAPE = 'lockstep';

/** Keys under which our own shape may have its records. */
const OWN_PLACES: readonly RecordsPlace[] = [[], ['chunks'], ['data'], ['items']].map((path) => ({ path }));

/** Which shape an input has, and where its records are; the place is undefined for one record after another. */
export interface RecognisedShape {
  readonly shape: Shape | typeof OWN_SHAPE;
  readonly place: RecordsPlace | undefined;
}

/** The beginning of an input. */
export interface InputSample {
  /** The one value of the input, as far as it is there; undefined where there is one record after another. */
  readonly top: JsonValue | undefined;
  /** The first records, where there is one after another. */
  readonly lines: readonly JsonValue[];
}

/** Looks at the beginning of a JSON input: one value, or objects one after another. Of `lines` a broken one is passed over. */
export function sampleOf(head: string, layout?: JsonLayout): InputSample {
  const text = head.startsWith('\ufeff') ? head.slice(1) : head;
  const lines: JsonValue[] = [];
  for (const line of text.split('\n', SAMPLE_ITEMS * 2)) {
    if (line.trim() === '') continue;
    try {
      lines.push(JSON.parse(line) as JsonValue);
    } catch {
      if (layout !== 'lines') break;
    }
  }
  if (lines.length > 1) return { top: undefined, lines };
  const values = parsePrefixes(text, SAMPLE_ITEMS);
  return values.length > 1 && values.every(isJsonObject)
    ? { top: undefined, lines: values }
    : { top: values[0], lines: [] };
}

/**
 * Finds the shape of an input. One whose records are made of several wins, since no record of another looks like its first;
 * then our own wherever one of the first records has an id and a text under its names, so
 * that what was loaded before stays as it is; then the shape with the most required paths; of equal ones the earlier in
 * the table. Undefined where nothing fits.
 * Where no record has a text under a known name, or at one of the paths `texts`, names are looked for that are usually
 * about a text.
 */
export function recogniseShape(sample: InputSample, texts: readonly string[] = []): RecognisedShape | undefined {
  const joined = SHAPES.find((shape) => shape.join !== undefined && isJoined(shape, sample));
  if (joined !== undefined) return { shape: joined, place: undefined };
  for (const place of OWN_PLACES) {
    const records = recordsAt(sample, place);
    if (records?.some(({ record }) => isOwn(record)) === true) return found(OWN_SHAPE, place, sample);
  }
  const known: TextFinder = (record) =>
    findText(record, isText) ?? texts.map(parseFieldPath).find((path) => isText(valueAt(record, path)));
  const best = bestOf(sample, known) ?? bestOf(sample, (record) => findLastText(record, isText), true);
  if (best !== undefined) return best;
  return sample.top === undefined && sample.lines.length > 1 ? recognisePages(sample.lines) : undefined;
}

/** Where a record has its text. */
type TextFinder = (record: JsonObject) => FieldPath | undefined;

/** `named`: whether the text stands under a name that counts in this input alone. */
function bestOf(sample: InputSample, textOf: TextFinder, named = false): RecognisedShape | undefined {
  const hasText = (record: JsonObject): boolean => textOf(record) !== undefined;
  let best: (RecognisedShape & { readonly score: number }) | undefined;
  for (const each of SHAPES) {
    for (const place of placesOf(each).map((at) => withKnownKeys(at, sample))) {
      if (isObjectAtTop(place, sample) && !mayBeRecord(each, sample.top as JsonObject)) continue;
      if (!isOnlyList(place, sample, each.name === 'strings' ? undefined : hasText)) continue;
      const records = recordsAt(sample, place)?.slice(0, SAMPLE_ITEMS);
      const score = each.has.length;
      if (records === undefined || records.length === 0 || (best !== undefined && best.score >= score)) continue;
      const values = records.map(({ record }) => record);
      const settled = each.settle === undefined ? each : each.settle(values, hasText);
      if (settled === undefined || !most(records, (record) => fits(settled, record, hasText))) continue;
      const shape = named && each.has.length === 0 ? withText(settled, records, textOf) : settled;
      best = { ...found(shape, place, sample), score };
    }
  }
  return best && { shape: best.shape, place: best.place };
}

/** Where the records of a shape may be: what stands at the top may stand in any container, too. */
function placesOf({ places = [{ path: [] }], has, name }: Shape): readonly RecordsPlace[] {
  if (name === 'strings') return [...places, ...CONTAINERS];
  const isAnywhere = has.length > 0 && places.some(isTopPlace);
  return isAnywhere ? [...places, ...OWN_PLACES.filter((place) => !isTopPlace(place)), ...CONTAINERS] : places;
}

/**
 * Whether no other list of records stands beside one, which would be lost; without `hasText` no other list at all, since
 * several lists of strings may be columns.
 */
function isOnlyList(
  { path }: RecordsPlace,
  { top = null }: InputSample,
  hasText?: (record: JsonObject) => boolean,
): boolean {
  const parent = path.length > 0 && isJsonObject(top) ? valueAt(top, path.slice(0, -1)) : undefined;
  if (parent === undefined || !isJsonObject(parent)) return true;
  const lists = hasText === undefined ? Object.values(parent).filter(Array.isArray) : partLists(parent, hasText);
  return lists.length <= 1;
}

/** A shape that says where its records have their text, as the first of them has. */
function withText(shape: Shape, records: readonly SampleRecord[], textOf: TextFinder): Shape {
  const unfolded = records.flatMap(({ record, key }): readonly JsonValue[] => shape.unfold?.(record, key) ?? [record]);
  const path = unfolded.map((record) => (isJsonObject(record) ? textOf(record) : undefined)).find((each) => each);
  return path === undefined ? shape : { ...shape, text: [formatFieldPath(path)] };
}

/** Answers of one service one after another, as its pages are: a tool's own shape, known by the first of them. */
function recognisePages([first = null]: readonly JsonValue[]): RecognisedShape | undefined {
  const found = recogniseShape({ top: first, lines: [] });
  return found === undefined || found.shape === OWN_SHAPE || found.shape.has.length === 0 ? undefined : found;
}

function isJoined(shape: Shape, { lines }: InputSample): boolean {
  const joiner = shape.join?.();
  if (joiner === undefined || !joiner.begins(lines[0] ?? null)) return false;
  const joined = lines.flatMap((value, index) => joiner.take({ index, line: 1, value, nonFinite: 0 }));
  return joined.some(({ value = null }) => fits(shape, { record: value, key: undefined }, hasKnownText));
}

function found(shape: RecognisedShape['shape'], place: RecordsPlace, sample: InputSample): RecognisedShape {
  const { top } = sample;
  if (top !== undefined && !isTopPlace(place)) return { shape, place };
  const isEach = shape !== OWN_SHAPE && shape.settle === undefined && !Array.isArray(top);
  if (isEach && isEachRecord(shape, sample)) return { shape, place: { path: [], each: true } };
  // An array at the top has no place.
  const isLone = top !== undefined && isJsonObject(top) && mayBeRecord(shape, top);
  return { shape, place: isLone ? { path: [], lone: true } : undefined };
}

/**
 * Whether one object may be a record: not where it also holds a list of what may be records, and nobody says which is meant,
 * but for a document with its chunks, or with parts.
 */
function mayBeRecord(shape: RecognisedShape['shape'], top: JsonObject): boolean {
  if (shape !== OWN_SHAPE && shape.settle !== undefined) return true;
  if (shape !== OWN_SHAPE && shape.name === 'documents-with-chunks') return documentOf(top) !== undefined;
  return partLists(top, hasKnownText).length === 0;
}

/** Whether the values at the top are records: objects that have nothing but chunks are containers. */
function isEachRecord({ name }: Shape, { top, lines: [first] }: InputSample): boolean {
  const record = top ?? first;
  return name !== 'documents-with-chunks' || (isJsonObject(record) && documentOf(record) !== undefined);
}

function isTopPlace({ path, keyed, columns }: RecordsPlace): boolean {
  return path.length === 0 && keyed !== true && columns === undefined;
}

function isObjectAtTop(place: RecordsPlace, { top }: InputSample): boolean {
  return isTopPlace(place) && top !== undefined && isJsonObject(top);
}

/** A place with the key that the input has where any may stand; where there are several, none is meant. */
function withKnownKeys(place: RecordsPlace, { top }: InputSample): RecordsPlace {
  const at = place.path.indexOf(ANY_KEY);
  if (at < 0 || top === undefined || !isJsonObject(top)) return place;
  const object = valueAt(top, place.path.slice(0, at));
  const keys = object !== undefined && isJsonObject(object) ? Object.keys(object) : [];
  return keys.length === 1
    ? { ...place, path: place.path.map((key) => (key === ANY_KEY ? (keys[0] as string) : key)) }
    : place;
}

interface SampleRecord {
  readonly record: JsonValue;
  readonly key: string | undefined;
}

/** The first records at a place; undefined where the input has none there. */
function recordsAt({ top, lines }: InputSample, place: RecordsPlace): SampleRecord[] | undefined {
  const { path, keyed = false, columns } = place;
  if (top === undefined) {
    return path.length > 0 || keyed || columns !== undefined
      ? undefined
      : lines.map((record) => ({ record, key: undefined }));
  }
  const value = path.length === 0 ? top : isJsonObject(top) ? valueAt(top, path) : undefined;
  if (columns !== undefined) return isJsonObject(value) ? recordsOfColumns(value, columns) : undefined;
  // One object that holds no records may be one itself.
  if (!keyed && path.length === 0 && isJsonObject(value)) return [{ record: value, key: undefined }];
  if (keyed && isJsonObject(value)) return Object.entries(value).map(([key, record]) => ({ record, key }));
  if (!keyed && Array.isArray(value)) return value.map((record) => ({ record, key: undefined }));
  return undefined;
}

/** The first records of columns, as far as all of them are there; undefined where these are none. */
function recordsOfColumns(object: JsonObject, columns: readonly Column[]): SampleRecord[] | undefined {
  const found = columns.flatMap(({ name, as }) => {
    const values = object[name];
    // Each query's results are an array of their own.
    return Array.isArray(values) ? [{ as, values: values.every(Array.isArray) ? values.flat() : values }] : [];
  });
  const isFlat = found.every(({ as, values }) => as === 'metadata' || !values.some((value) => isJsonObject(value)));
  const [ids] = found;
  if (ids === undefined || !isFlat || ids.as !== columns[0]?.as || !ids.values.every((id) => typeof id === 'string'))
    return undefined;
  return ids.values.map((_, at) => ({
    record: Object.fromEntries(found.map(({ as, values }) => [as, values[at] ?? null])),
    key: undefined,
  }));
}

/** Whether a record has an id and a text under the names of our own shape. */
export function isOwn(record: JsonValue): boolean {
  const has = (names: readonly string[]): boolean =>
    isJsonObject(record) && names.some((name) => isSet(record[name]) && typeof record[name] !== 'object');
  return has(ID_ALIASES) && has(TEXT_ALIASES);
}

function fits(shape: Shape, { record, key }: SampleRecord, hasText: (record: JsonObject) => boolean): boolean {
  if (shape.unfold !== undefined && shape.unfold(record, key).length === 0) return false;
  if (shape.has.length > 0) {
    if (!isJsonObject(record)) return false;
    const has = (path: string): boolean => isSet(valueAt(record, parseFieldPath(path)));
    return shape.has.every((paths) => [paths].flat().some(has)) && shape.hasNot?.some(has) !== true;
  }
  if (shape.name === 'strings') return typeof record === 'string';
  const unfolded = shape.unfold?.(record, key) ?? (isJsonObject(record) ? [record] : []);
  return unfolded.some(hasText);
}

const findText = createNameFinder(KNOWN_TEXTS);
const findLastText = createNameFinder(LAST_TEXTS);

function isText(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value !== '';
}

function most<Item>(items: readonly Item[], holds: (item: Item) => boolean): boolean {
  return items.length > 0 && items.filter(holds).length * 2 >= items.length;
}
