import { ID_ALIASES, isJsonObject, TEXT_ALIASES, type JsonObject, type JsonValue } from '@lockstep/model';
import { formatFieldPath, isSet, parseFieldPath, valueAt, type FieldPath } from './field-path.ts';
import type { Column } from '../json/column-list.ts';
import { createNameFinder, KNOWN_TEXTS, LAST_TEXTS } from './known-names.ts';
import { partLists } from './parts-of-documents.ts';
import { parsePrefix } from './parse-prefix.ts';
import type { RecordsPlace, Shape } from './shape.ts';
import { ANY_KEY, SHAPES } from './shapes.ts';

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

/** Looks at the beginning of a JSON input: one value, or one value a line. */
export function sampleOf(head: string): InputSample {
  const text = head.startsWith('\ufeff') ? head.slice(1) : head;
  const lines: JsonValue[] = [];
  for (const line of text.split('\n', SAMPLE_ITEMS * 2)) {
    if (line.trim() === '') continue;
    try {
      lines.push(JSON.parse(line) as JsonValue);
    } catch {
      break;
    }
  }
  return lines.length > 1 ? { top: undefined, lines } : { top: parsePrefix(text), lines: [] };
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
    for (const place of (each.places ?? [{ path: [] }]).map((at) => withKnownKeys(at, sample))) {
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

function found(shape: RecognisedShape['shape'], place: RecordsPlace, { top }: InputSample): RecognisedShape {
  const isTop = top === undefined || (place.path.length === 0 && place.keyed !== true && place.columns === undefined);
  if (!isTop) return { shape, place };
  // One record after another has no place; nor has an array at the top. One object may be a record itself, but for one that holds
  // a list of what may be records too, of which nobody says which is meant.
  const isRecord =
    top !== undefined &&
    isJsonObject(top) &&
    ((shape !== OWN_SHAPE && shape.settle !== undefined) || partLists(top, hasKnownText).length === 0);
  return { shape, place: isRecord ? { path: [], lone: true } : undefined };
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

function hasKnownText(record: JsonObject): boolean {
  return findText(record, isText) !== undefined;
}

function isText(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value !== '';
}

function most<Item>(items: readonly Item[], holds: (item: Item) => boolean): boolean {
  return items.length > 0 && items.filter(holds).length * 2 >= items.length;
}
