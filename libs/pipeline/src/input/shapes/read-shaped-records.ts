import { IndexingError, isJsonObject, type Fields, type JsonValue } from '@lockstep/model';
import type { InputFacts, ShapeReport } from '../../receipts.ts';
import type { InputRecord } from '../input-record.ts';
import { peekRecords, type PeekedRecords } from '../peek-records.ts';
import type { ReadRecordsOptions } from '../read-options.ts';
import { formatFieldPath, parseFieldPath, type FieldPath } from './field-path.ts';
import type { UserFields } from './own-record.ts';
import { OWN_SHAPE, recogniseShape, sampleOf, type InputSample } from './recognise-shape.ts';
import { partsAt } from './parts-of-documents.ts';
import { recordsNotFound } from './records-not-found.ts';
import type { RecordsPlace } from './shape.ts';
import { partsShape } from './shapes.ts';
import { createShaper, type ShapedRecord } from './shaped-records.ts';

/** The records of an input in our own shape, and where their fields came from, which is known when all are read. */
export interface ShapedRecords {
  readonly facts: InputFacts;
  /** Those of a block at a time; each must be taken before the next is asked for. */
  readonly batches: AsyncIterable<Iterable<ShapedRecord>>;
  report(): ShapeReport;
  /** The path in a record of what a chunk has under a name; undefined where there is no one path. */
  pathOf(name: string): string | undefined;
  /** Where the first record has what may name its document. */
  documentPath(): string | undefined;
}

/**
 * Recognises the shape of an input by its first 256 KiB, and brings its records into our own. Fails as
 * `readRecords` does.
 */
export async function readShapedRecords(
  input: ReadRecordsOptions & { readonly bytes: AsyncIterable<Uint8Array> },
  { fields = {}, strict = false }: { readonly fields?: Fields | undefined; readonly strict?: boolean } = {},
): Promise<ShapedRecords> {
  const peeked = await peekRecords(input.bytes, { ...input, exactIntegers: !strict });
  const sample = sampleOf(new TextDecoder().decode(peeked.head), peeked.layout);
  const { place: given, parts } = recordsGiven(sample, fields.records);
  const recognised =
    parts === undefined
      ? recogniseShape(sample, [fields.text ?? []].flat())
      : { shape: partsShape(parts, fields.text), place: undefined };
  const shaper = createShaper(recognised, pathsOf(fields), strict);
  // Our own places are found by the reader itself, but for one object in a file whose name says lines.
  const isFound = recognised?.shape === OWN_SHAPE && recognised.place?.lone !== true && peeked.layout !== 'lines';
  const recognisedPlace = isFound ? undefined : recognised?.place;
  const place = given ?? recognisedPlace;

  if (fields.records !== undefined && peeked.form !== 'json') {
    const message = `fields.records: the input is ${peeked.form}, whose rows are its records; leave fields.records out.`;
    throw new IndexingError({ code: 'config-invalid', message });
  }

  const joiner = recognised?.shape === OWN_SHAPE ? undefined : recognised?.shape.join?.();
  const explained = (error: unknown): unknown => recordsNotFound(error, fields.records, sample);

  function* joined(batch: Iterable<InputRecord>): Generator<InputRecord> {
    for (const record of batch) yield* joiner?.take(record) ?? [record];
  }
  // Reading fails where a block is taken apart, or where the next one is asked for.
  function* shaped(batch: Iterable<InputRecord>): Generator<ShapedRecord> {
    try {
      for (const record of batch) yield* shaper.shape(record);
    } catch (error) {
      throw explained(error);
    }
  }
  async function* batches(): AsyncGenerator<Iterable<ShapedRecord>> {
    try {
      for await (const batch of peeked.batches(place)) yield shaped(joiner === undefined ? batch : joined(batch));
      if (joiner !== undefined) yield shaped(joiner.end());
    } catch (error) {
      throw explained(error);
    }
  }
  const facts = factsOf(peeked, sample, given ?? recognised?.place);
  const { report, pathOf, documentPath } = shaper;
  return { facts, batches: batches(), report, pathOf, documentPath };
}

/**
 * Where the records stand that the user gave: at a place of the input, and where the path goes through a list, in each record
 * of that list.
 */
function recordsGiven(
  { top }: InputSample,
  records: string | undefined,
): { readonly place?: RecordsPlace; readonly parts?: FieldPath } {
  if (records === undefined) return {};
  const path = parseFieldPath(records);
  let value: JsonValue | undefined = top;
  for (let at = 0; at < path.length; at += 1) {
    const parts = path.slice(at);
    if (Array.isArray(value) && value.some((record) => partsAt(parts)(record).length > 0))
      return { parts, ...(at === 0 ? {} : { place: { path: path.slice(0, at) } }) };
    value = value !== undefined && isJsonObject(value) ? value[path[at] as string] : undefined;
  }
  return { place: { path } };
}

function factsOf(peeked: PeekedRecords, { top }: InputSample, place: RecordsPlace | undefined): InputFacts {
  const { form, layout, packing = null, encoding } = peeked;
  const common = { packing, encoding };
  if (form !== 'json') return { form, records: null, ...common };
  if (place !== undefined && place.lone !== true && place.each !== true)
    return { form: 'json-object', records: formatFieldPath(place.path), ...common };
  if (Array.isArray(top)) return { form: 'json-array', records: null, ...common };
  return { form: layout === 'lines' || top === undefined ? 'json-lines' : 'json-values', records: null, ...common };
}

/** The paths of the fields of a record. */
function pathsOf(fields: Fields): UserFields {
  const paths = Object.entries(fields).filter(([field]) => field !== 'records');
  return Object.fromEntries(paths.map(([field, path]) => [field, [path].flat()]));
}
