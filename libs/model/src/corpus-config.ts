import * as v from 'valibot';

const DEFAULT_COLLECTION = 'book_vectors';
const DEFAULT_TABLE = 'rag_metadata';

/** Folders and files of the state directory that are no corpora; SQLite puts files beside the ledger. */
const STATE_NAMES = /^(cache|qdrant|postgres|postgres\.lock|summary\.json|ledger\.sqlite(-.*)?)$/;

/** Names that Windows keeps for devices, with any ending: no folder can have them there. */
const DEVICE_NAMES = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/;

/** Names a corpus: it is a folder, a project name and a value in both stores. */
export const CorpusName = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/, 'expected 1 to 64 of a-z, 0-9, ".", "_", "-", not at the ends'),
  v.check((name) => !name.includes('..'), 'expected no two dots in a row'),
  v.check((name) => !STATE_NAMES.test(name), 'expected another name: this one is taken in the state directory'),
  v.check((name) => !DEVICE_NAMES.test(name), 'expected another name: Windows keeps this one for a device'),
);

/**
 * Unquoted-safe Postgres identifier; longer ones are cut silently at 63 bytes by Postgres. A name that begins with `pg_`
 * would mean a table of Postgres's own, now or in a later version: those come first where no schema is named.
 * Source: https://www.postgresql.org/docs/current/ddl-schemas.html#DDL-SCHEMAS-CATALOG, 2026-11.
 */
export const TableName = v.pipe(
  v.string(),
  v.regex(/^[a-z_][a-z0-9_]{0,54}$/, 'expected 1 to 55 of a-z, 0-9 and "_", not starting with a digit'),
  v.check((name) => !name.startsWith('pg_'), 'expected another name: Postgres keeps those with "pg_" for itself'),
);

/** Whether a text can stand in a statement as the name of a table, between double quotes. */
export function isTableName(text: string): boolean {
  return v.is(TableName, text);
}

/** Qdrant keeps a collection as a folder of its name, at most 255 characters. */
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
  v.regex(/^[A-Za-z_][A-Za-z0-9_-]*$/, 'expected a field name of letters, digits, "_" and "-"'),
  v.check((field) => !OWN_PAYLOAD.has(field), 'expected a field that points do not carry anyway'),
);

/** What a corpus may say of itself. Everything but `name` and `input` has a default. */
export const CorpusConfigSchema = v.strictObject({
  $schema: v.optional(v.string()),
  name: v.pipe(CorpusName, v.description('Names the corpus in folders, Nx and both stores.')),
  input: v.pipe(v.string(), v.nonEmpty(), v.description('Path of the input file, from the folder of corpus.json.')),
  collection: v.optional(v.pipe(CollectionName, v.description('Qdrant collection.'))),
  table: v.optional(v.pipe(TableName, v.description('Postgres table.'))),
  model: v.optional(v.pipe(v.string(), v.nonEmpty(), v.description('Embedding model; absent: that of the profile.'))),
  dimensions: v.optional(v.pipe(positive(65_536), v.description('Numbers in a vector; absent: that of the model.'))),
  batchSize: v.optional(v.pipe(positive(2048), v.description('Chunks in one embedding request.'))),
  qdrantBatchSize: v.optional(v.pipe(positive(10_000), v.description('Points in one request to Qdrant.'))),
  neonBatchSize: v.optional(v.pipe(positive(10_000), v.description('Rows in one transaction.'))),
  deletes: v.optional(
    v.pipe(
      v.picklist(['full', 'document', 'none']),
      v.description('Which chunks that are no longer in the input go: all, those of documents still in it, none.'),
    ),
  ),
  overlong: v.optional(
    v.pipe(
      v.picklist(['reject', 'truncate']),
      v.description(
        'What becomes of a text with more tokens than the model reads: set aside, or embedded by its beginning.',
      ),
    ),
  ),
  payload: v.optional(
    v.pipe(
      v.array(payloadField),
      v.maxLength(32),
      v.description('Fields of the chunk or its metadata that points carry, indexed for filtering.'),
    ),
  ),
});

export type CorpusConfig = v.InferOutput<typeof CorpusConfigSchema>;
export type DeleteMode = NonNullable<CorpusConfig['deletes']>;
export type OverlongMode = NonNullable<CorpusConfig['overlong']>;

/** Batch sizes and the rest where a corpus says nothing, each with its reason. */
export const CORPUS_DEFAULTS = {
  collection: DEFAULT_COLLECTION,
  table: DEFAULT_TABLE,
  /** As in the system that this replaces; far below every limit for usual chunks. */
  batchSize: 100,
  /** Qdrant recommends 64 to 256 a request (https://qdrant.tech/documentation/manage-data/bulk-upload/, 2026-07). */
  qdrantBatchSize: 256,
  /** The fastest measured; larger ones make single statements slow. */
  neonBatchSize: 500,
  deletes: 'full',
  /** A vector of half a text is found for half of its questions; that is for the corpus to say. */
  overlong: 'reject',
  payload: [],
} as const satisfies Partial<CorpusConfig>;
