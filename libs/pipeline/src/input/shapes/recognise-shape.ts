import { ID_ALIASES, isJsonObject, TEXT_ALIASES, type JsonObject, type JsonValue } from '@lockstep/model';
import { isSet, parseFieldPath, valueAt } from './field-path.ts';
import type { Column } from '../json/column-list.ts';
import { createNameFinder, KNOWN_TEXTS } from './known-names.ts';
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
 */
export function recogniseShape(sample: InputSample): RecognisedShape | undefined {
  const joined = SHAPES.find((shape) => shape.join !== undefined && isJoined(shape, sample));
  if (joined !== undefined) return { shape: joined, place: undefined };
  for (const place of OWN_PLACES) {
    const records = recordsAt(sample, place);
    if (records?.some(({ record }) => isOwn(record)) === true) return found(OWN_SHAPE, place, sample);
  }
  let best: (RecognisedShape & { readonly score: number }) | undefined;
  for (const shape of SHAPES) {
    for (const place of (shape.places ?? [{ path: [] }]).map((each) => withKnownKeys(each, sample))) {
      const records = recordsAt(sample, place)?.slice(0, SAMPLE_ITEMS);
      const score = shape.has.length;
      if (records === undefined || records.length === 0 || (best !== undefined && best.score >= score)) continue;
      if (most(records, (each) => fits(shape, each))) best = { ...found(shape, place, sample), score };
    }
  }
  if (best !== undefined) return { shape: best.shape, place: best.place };
  return sample.top === undefined && sample.lines.length > 1 ? recognisePages(sample.lines) : undefined;
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
  return joined.some(({ value = null }) => fits(shape, { record: value, key: undefined }));
}

function found(shape: RecognisedShape['shape'], place: RecordsPlace, { top }: InputSample): RecognisedShape {
  // One record after another has no place; nor has an array at the top.
  const isTop = top === undefined || (place.path.length === 0 && place.keyed !== true && place.columns === undefined);
  return { shape, place: isTop ? undefined : place };
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

function fits(shape: Shape, { record, key }: SampleRecord): boolean {
  if (shape.unfold !== undefined && shape.unfold(record, key).length === 0) return false;
  if (shape.has.length > 0) {
    if (!isJsonObject(record)) return false;
    const has = (path: string): boolean => isSet(valueAt(record, parseFieldPath(path)));
    return shape.has.every((paths) => [paths].flat().some(has)) && shape.hasNot?.some(has) !== true;
  }
  if (shape.name === 'strings') return typeof record === 'string';
  const unfolded = shape.unfold?.(record, key) ?? (isJsonObject(record) ? [record] : []);
  return unfolded.some((each) => hasText(each));
}

const findText = createNameFinder(KNOWN_TEXTS);

function hasText(record: JsonObject): boolean {
  return findText(record, (value) => typeof value === 'string' && value !== '') !== undefined;
}

function most<Item>(items: readonly Item[], holds: (item: Item) => boolean): boolean {
  return items.length > 0 && items.filter(holds).length * 2 >= items.length;
}
