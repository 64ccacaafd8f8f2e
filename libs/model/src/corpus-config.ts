import * as v from 'valibot';
import { CorpusInputSchema } from './corpus-input.ts';
import { CORPUS_NAME } from './own-corpus-config.ts';

const DEFAULT_COLLECTION = 'book_vectors';
const DEFAULT_TABLE = 'rag_metadata';

/** Names of other folders and files in the state directory; SQLite creates files beside the ledger. */
const STATE_NAMES = /^(cache|qdrant|postgres|postgres\.lock|summary\.json|ledger\.sqlite(-.*)?)$/;

/** Names that Windows reserves for devices, with any extension: no folder can have them there. */
const DEVICE_NAMES = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/;

/** Name of a corpus, which is used for its folder, its Nx project and its points and rows. */
export const CorpusName = v.pipe(
  v.string(),
  v.regex(CORPUS_NAME, 'expected 1 to 64 of a-z, 0-9, ".", "_" and "-", with a letter or a digit at both ends'),
  v.check((name) => !name.includes('..'), 'expected no two dots in a row'),
  v.check(
    (name) => !STATE_NAMES.test(name),
    'expected another name: this one is taken by a file or folder of the state directory',
  ),
  v.check((name) => !DEVICE_NAMES.test(name), 'expected another name: Windows reserves this one for a device'),
);

/**
 * A Postgres identifier that needs no quotes; Postgres silently cuts longer ones at 63 bytes. A name that begins with
 * `pg_` could mean a table of Postgres itself, now or in a later version: without a schema those are found first.
 * Source: https://www.postgresql.org/docs/current/ddl-schemas.html#DDL-SCHEMAS-CATALOG, 2026-11.
 */
export const TableName = v.pipe(
  v.string(),
  v.regex(/^[a-z_][a-z0-9_]{0,54}$/, 'expected 1 to 55 of a-z, 0-9 and "_", not starting with a digit'),
  v.check((name) => !name.startsWith('pg_'), 'expected another name: Postgres reserves those that begin with "pg_"'),
);

/** Whether a text can be used in a statement as the name of a table, between double quotes. */
export function isTableName(text: string): boolean {
  return v.is(TableName, text);
}

/** Qdrant stores a collection in a folder with its name, which has at most 255 characters. */
export const CollectionName = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$/, 'expected 1 to 255 of A-Z, a-z, 0-9, "_", ".", "-"'),
);

const positive = (max: number) =>
  v.pipe(
    v.number(),
    v.integer('expected a whole number'),
    v.minValue(1, 'expected 1 or more'),
    v.maxValue(max, `expected at most ${max}`),
  );

/** Payload fields that every point has. */
const OWN_PAYLOAD = new Set([
  'corpus',
  'chunk_id',
  'document_id',
  'model',
  'content_hash',
  'embedding_key',
  'projection',
]);

const payloadField = v.pipe(
  v.string(),
  v.regex(
    /^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*)*$/,
    'expected a field name of letters, digits, "_" and "-", or several that are joined by dots',
  ),
  v.check(
    (field) => !OWN_PAYLOAD.has(field.split('.', 1)[0] as string),
    'expected a field that is not already part of every payload',
  ),
);

/** What may become of a text with more tokens than the model reads. */
export const OVERLONG_MODES = ['windows', 'truncate', 'reject'] as const;

const fieldPath = v.pipe(v.string(), v.nonEmpty('expected a path such as metadata.source'));

/** What the fields of a record are called, where they cannot be recognised. */
export const FieldsSchema = v.strictObject({
  records: v.optional(v.pipe(fieldPath, v.description('Path of the records in the input, such as data.items.'))),
  id: v.optional(
    v.pipe(
      v.union(
        [
          fieldPath,
          v.pipe(
            v.array(fieldPath),
            v.minLength(1, 'expected at least one path'),
            v.maxLength(8, 'expected at most 8 paths'),
          ),
        ],
        'expected a path, or a list of paths',
      ),
      v.description('Path of the id; of several paths the values together are the id.'),
    ),
  ),
  text: v.optional(v.pipe(fieldPath, v.description('Path of the text.'))),
  document: v.optional(v.pipe(fieldPath, v.description('Path of the document that a chunk is of.'))),
  title: v.optional(v.pipe(fieldPath, v.description('Path of the title.'))),
  page: v.optional(v.pipe(fieldPath, v.description('Path of the page number.'))),
  created: v.optional(v.pipe(fieldPath, v.description('Path of the date.'))),
});

export type Fields = v.InferOutput<typeof FieldsSchema>;

/** The content of `corpus.json`. Everything except `name` and `input` has a default. */
export const CorpusConfigSchema = v.strictObject({
  $schema: v.optional(v.string()),
  name: v.pipe(CorpusName, v.description('Name of the corpus in folders, in Nx and in both stores.')),
  input: v.pipe(
    CorpusInputSchema,
    v.description(
      'What the corpus is read from: a file, a folder, a pattern of files, an address, or a list of these.',
    ),
  ),
  collection: v.optional(v.pipe(CollectionName, v.description(`Qdrant collection; default ${DEFAULT_COLLECTION}.`))),
  table: v.optional(v.pipe(TableName, v.description(`Postgres table; default ${DEFAULT_TABLE}.`))),
  model: v.optional(
    v.pipe(
      v.string(),
      v.nonEmpty('expected the name of a model'),
      v.description('Embedding model; the default depends on the embedding service in use.'),
    ),
  ),
  dimensions: v.optional(v.pipe(positive(65_536), v.description('Numbers in a vector; default those of the model.'))),
  batchSize: v.optional(v.pipe(positive(2048), v.description('Most chunks in one embedding request.'))),
  qdrantBatchSize: v.optional(v.pipe(positive(10_000), v.description('Most points in one request to Qdrant.'))),
  neonBatchSize: v.optional(v.pipe(positive(10_000), v.description('Most rows in one transaction.'))),
  deletes: v.optional(
    v.pipe(
      v.picklist(['full', 'document', 'none']),
      v.description(
        'Which chunks to delete when they are no longer in the input: all (full, the default), only those of documents that still are (document), or none.',
      ),
    ),
  ),
  overlong: v.optional(
    v.pipe(
      v.picklist(OVERLONG_MODES),
      v.description(
        'What becomes of a text with more tokens than the model reads: embedded whole, in windows whose vectors are ' +
          'averaged; embedded by its beginning; or rejected. Absent: windows for a new corpus, for others what they had.',
      ),
    ),
  ),
  fields: v.optional(
    v.pipe(
      FieldsSchema,
      v.description(
        'Where the records and their fields are, where that is not recognised: keys joined by dots, or a JSON Pointer.',
      ),
    ),
  ),
  maxRejectedPercent: v.optional(
    v.pipe(
      v.number(),
      v.minValue(0, 'expected 0 or more'),
      v.maxValue(100, 'expected at most 100'),
      v.description(
        'Percentage of the records that may be left out; absent: an input is refused if more than 5 % and more than 10 records would be, or more than half.',
      ),
    ),
  ),
  payload: v.optional(
    v.pipe(
      v.array(payloadField),
      v.maxLength(32, 'expected at most 32 fields'),
      v.description(
        'More fields of the chunk or its metadata to store in the payload of points, indexed for filters; a dotted path, such as loc.lines.from, is nested there too.',
      ),
    ),
  ),
});

export type CorpusConfig = v.InferOutput<typeof CorpusConfigSchema>;
export type DeleteMode = NonNullable<CorpusConfig['deletes']>;
export type OverlongMode = (typeof OVERLONG_MODES)[number];

/** Defaults of `corpus.json`, each with its reason. */
export const CORPUS_DEFAULTS = {
  collection: DEFAULT_COLLECTION,
  table: DEFAULT_TABLE,
  /** The size of the system that this one replaces; for usual chunks far below every limit. */
  batchSize: 100,
  /** Qdrant recommends 64 to 256 a request (https://qdrant.tech/documentation/manage-data/bulk-upload/, 2026-07). */
  qdrantBatchSize: 256,
  /** The fastest in measurements; larger ones make single statements slow. */
  neonBatchSize: 500,
  deletes: 'full',
  payload: [],
} as const satisfies Partial<CorpusConfig>;
