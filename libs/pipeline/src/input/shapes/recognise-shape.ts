import { ID_ALIASES, isJsonObject, TEXT_ALIASES, type JsonObject, type JsonValue } from '@lockstep/model';
import { isSet, parseFieldPath, valueAt } from './field-path.ts';
import { createNameFinder, KNOWN_TEXTS } from './known-names.ts';
import { parsePrefix } from './parse-prefix.ts';
import type { RecordsPlace, Shape } from './shape.ts';
import { SHAPES } from './shapes.ts';

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
 * Finds the shape of an input. Our own wins wherever one of the first records has an id and a text under its names, so
 * that what was loaded before stays as it is; then the shape with the most required paths; of equal ones the earlier in
 * the table. Undefined where nothing fits.
 */
export function recogniseShape(sample: InputSample): RecognisedShape | undefined {
  for (const place of OWN_PLACES) {
    const records = recordsAt(sample, place);
    if (records?.some(({ record }) => isOwn(record)) === true) return found(OWN_SHAPE, place, sample);
  }
  let best: (RecognisedShape & { readonly score: number }) | undefined;
  for (const shape of SHAPES) {
    for (const place of shape.places ?? [{ path: [] }]) {
      const records = recordsAt(sample, place)?.slice(0, SAMPLE_ITEMS);
      const score = shape.has.length;
      if (records === undefined || records.length === 0 || (best !== undefined && best.score >= score)) continue;
      if (most(records, (each) => fits(shape, each))) best = { ...found(shape, place, sample), score };
    }
  }
  return best && { shape: best.shape, place: best.place };
}

function found(shape: RecognisedShape['shape'], place: RecordsPlace, { top }: InputSample): RecognisedShape {
  // One record after another has no place; nor has an array at the top.
  const isTop = top === undefined || (place.path.length === 0 && place.keyed !== true);
  return { shape, place: isTop ? undefined : place };
}

interface SampleRecord {
  readonly record: JsonValue;
  readonly key: string | undefined;
}

/** The first records at a place; undefined where the input has none there. */
function recordsAt({ top, lines }: InputSample, { path, keyed = false }: RecordsPlace): SampleRecord[] | undefined {
  if (top === undefined) {
    return path.length > 0 || keyed ? undefined : lines.map((record) => ({ record, key: undefined }));
  }
  const value = path.length === 0 ? top : isJsonObject(top) ? valueAt(top, path) : undefined;
  // One object that holds no records may be one itself.
  if (!keyed && path.length === 0 && isJsonObject(value)) return [{ record: value, key: undefined }];
  if (keyed && isJsonObject(value)) return Object.entries(value).map(([key, record]) => ({ record, key }));
  if (!keyed && Array.isArray(value)) return value.map((record) => ({ record, key: undefined }));
  return undefined;
}

/** Whether a record has an id and a text under the names of our own shape. */
export function isOwn(record: JsonValue): boolean {
  const has = (names: readonly string[]): boolean =>
    isJsonObject(record) && names.some((name) => isSet(record[name]) && typeof record[name] !== 'object');
  return has(ID_ALIASES) && has(TEXT_ALIASES);
}

function fits(shape: Shape, { record, key }: SampleRecord): boolean {
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
