import { IndexingError, type Fields } from '@lockstep/model';
import type { ShapeReport } from '../../receipts.ts';
import { peekRecords } from '../peek-records.ts';
import type { ReadRecordsOptions } from '../read-options.ts';
import { parseFieldPath } from './field-path.ts';
import type { UserFields } from './own-record.ts';
import { OWN_SHAPE, recogniseShape, sampleOf } from './recognise-shape.ts';
import { recordsNotFound } from './records-not-found.ts';
import { createShaper, type ShapedRecord } from './shaped-records.ts';

/** The records of an input in our own shape, and where their fields came from, which is known when all are read. */
export interface ShapedRecords {
  readonly records: AsyncIterable<ShapedRecord>;
  report(): ShapeReport;
  /** The path in a record of what a chunk has under a name; undefined where there is no one path. */
  pathOf(name: string): string | undefined;
  /** Where the first record has what may name its document. */
  documentPath(): string | undefined;
}

/**
 * Recognises the shape of an input by its first 256 KiB, and brings its records into our own, one at a time. Fails as
 * `readRecords` does.
 */
export async function readShapedRecords(
  input: ReadRecordsOptions & { readonly bytes: AsyncIterable<Uint8Array> },
  { fields = {}, strict = false }: { readonly fields?: Fields | undefined; readonly strict?: boolean } = {},
): Promise<ShapedRecords> {
  const peeked = await peekRecords(input.bytes, { ...input, exactIntegers: !strict });
  const sample = sampleOf(new TextDecoder().decode(peeked.head));
  const recognised = recogniseShape(sample);
  const shaper = createShaper(recognised, pathsOf(fields), strict);
  // Our own places are found by the reader itself.
  const recognisedPlace = recognised?.shape === OWN_SHAPE ? undefined : recognised?.place;
  const place = fields.records === undefined ? recognisedPlace : { path: parseFieldPath(fields.records) };

  if (fields.records !== undefined && peeked.form !== 'json') {
    const message = `fields.records: the input is ${peeked.form}, whose rows are its records; leave fields.records out.`;
    throw new IndexingError({ code: 'config-invalid', message });
  }

  async function* records(): AsyncGenerator<ShapedRecord> {
    try {
      for await (const record of peeked.records(place)) yield* shaper.shape(record);
    } catch (error) {
      throw fields.records === undefined ? error : recordsNotFound(error, fields.records, sample);
    }
  }
  return { records: records(), report: shaper.report, pathOf: shaper.pathOf, documentPath: shaper.documentPath };
}

/** The paths of the fields of a record. */
function pathsOf(fields: Fields): UserFields {
  const paths = Object.entries(fields).filter(([field]) => field !== 'records');
  return Object.fromEntries(paths.map(([field, path]) => [field, [path].flat()]));
}
