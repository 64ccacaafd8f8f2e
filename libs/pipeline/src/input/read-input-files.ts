import { IndexingError, isIndexingError, type Fields } from '@lockstep/model';
import type { FilesReport, InputFacts, ShapeReport } from '../receipts.ts';
import { inputDigestOf } from './input-digest.ts';
import type { InputFiles } from './input-file.ts';
import type { RecordPlace } from './record-place.ts';
import { mergeShapeReports } from './shapes/merge-shape-reports.ts';
import { readShapedRecords, type ShapedRecords } from './shapes/read-shaped-records.ts';
import type { ShapedRecord } from './shapes/shaped-records.ts';

/** A form, and how many files have it. */
export type FormOfFiles = InputFacts & { readonly files: number };

/** The records of all files of an input, and what is known of them when all are read. */
export interface ReadInput {
  /** In our own shape, those of a block at a time; `index` counts through all files. */
  readonly batches: AsyncIterable<Iterable<ShapedRecord>>;
  /** The file of a record, and its number there. */
  placeOf(index: number): RecordPlace;
  report(): ShapeReport;
  /** The files by their shapes; undefined where the input is one file. */
  files(): FilesReport | undefined;
  /** The forms of the files, that of the first file first. */
  forms(): readonly FormOfFiles[];
  /** The path in a record of what a chunk has under a name; undefined where the files have no one path. */
  pathOf(name: string): string | undefined;
  /** Where the first record of the first file has what may name its document. */
  documentPath(): string | undefined;
  /** `inputDigestOf` all files; null where one has no digest. */
  digest(): string | null;
}

/** Files in which a path is looked up. */
const PATH_FILES_MAX = 20;

/**
 * Reads the files of an input one after another, each in the form and the shape that it has. Fails as `readRecords` does;
 * the message names the file where there are several.
 */
export function readInputFiles(
  files: InputFiles,
  options: { readonly fields?: Fields | undefined; readonly strict?: boolean },
): ReadInput {
  const starts: { readonly file: string | undefined; readonly start: number }[] = [];
  const digests: (string | undefined)[] = [];
  const lookups: Pick<ShapedRecords, 'pathOf' | 'documentPath'>[] = [];
  const forms = new Map<string, FormOfFiles>();
  const merged = mergeShapeReports();

  async function* batches(): AsyncGenerator<Iterable<ShapedRecord>> {
    let next = 0;
    for await (const input of files) {
      const { file } = input;
      const start = next;
      let count = 0;
      starts.push({ file, start });
      // Reading fails where a block is taken apart, or where the next one is asked for.
      function* counted(batch: Iterable<ShapedRecord>): Generator<ShapedRecord> {
        try {
          for (const record of batch) {
            const index = start + record.index;
            next = index + 1;
            count += 1;
            yield start === 0 ? record : { ...record, index };
          }
        } catch (error) {
          throw inFile(error, file);
        }
      }
      try {
        const shaped = await readShapedRecords(input, options);
        const form = JSON.stringify(shaped.facts);
        forms.set(form, { ...shaped.facts, files: (forms.get(form)?.files ?? 0) + 1 });
        for await (const batch of shaped.batches) yield counted(batch);
        merged.add({ file, records: count, report: shaped.report() });
        if (count > 0 && lookups.length < PATH_FILES_MAX)
          lookups.push({ pathOf: shaped.pathOf, documentPath: shaped.documentPath });
        digests.push(input.digest?.());
      } catch (error) {
        throw inFile(error, file);
      }
    }
  }

  return {
    batches: batches(),
    placeOf(index) {
      let [from, to] = [0, starts.length];
      while (to - from > 1) {
        const middle = (from + to) >> 1;
        if ((starts[middle]?.start ?? 0) <= index) from = middle;
        else to = middle;
      }
      const { file, start = 0 } = starts[from] ?? {};
      return { index: index - start, file };
    },
    report: merged.report,
    forms: () => [...forms.values()],
    files: () => (starts.length > 1 ? merged.files() : undefined),
    pathOf(name) {
      const paths = new Set(lookups.map(({ pathOf }) => pathOf(name)));
      return paths.size === 1 ? [...paths][0] : undefined;
    },
    documentPath: () => lookups[0]?.documentPath(),
    digest: () => (digests.every((digest) => digest !== undefined) ? inputDigestOf(digests) : null),
  };
}

/** An error about the content of a file, with the file's name. */
function inFile(error: unknown, file: string | undefined): unknown {
  if (file === undefined || !isIndexingError(error) || !/^(input-|config-invalid$)/.test(error.code)) return error;
  if (error.message.includes(file)) return error;
  const { code, message, disposition, details, cause } = error;
  return new IndexingError({ code, message: `${file}: ${message}`, disposition, details, cause });
}
