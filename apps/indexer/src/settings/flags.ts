import * as v from 'valibot';
import { CollectionName, CORPUS_DEFAULTS, CorpusConfigSchema, OVERLONG_MODES, TableName } from '@lockstep/model';
import { COST_LIMIT } from '@lockstep/model/service-variables';
import { REFUSED_MAX, VERIFY_LEVELS } from '@lockstep/pipeline';
import { EMBEDDED_ITEMS_MAX, KNOWN_MODELS } from './known-models.ts';

/** Everything about one flag; docs/variables.md and `.env.example` are written from it. */
export interface Flag {
  readonly help: string;
  /** Placeholder for the value in help. @default the name of the flag */
  readonly valueHint?: string;
  /** Parses the text of the flag or of its variable. A flag without it is on or off. */
  readonly check?: v.GenericSchema<string, unknown>;
  /** Environment variable that sets the flag when it is not typed; 0 or 1 for one that is on or off. */
  readonly variable?: string;
  /** Flag that cannot be typed together with this one, and whose variable is ignored when this one is typed. */
  readonly excludes?: string;
  readonly default?: string | number | boolean;
}

const { entries } = CorpusConfigSchema;
const atLeastOne = v.pipe(v.number(), v.minValue(1, 'expected 1 or more'));

/** Kinds of values that several flags have. */
const oneOf = <const Names extends readonly string[]>(names: Names) => ({
  valueHint: names.join('|'),
  check: v.picklist(names, `expected ${names.slice(0, -1).join(', ')} or ${names.at(-1)}`),
});
const matching = (valueHint: string, pattern: RegExp, expected: string) => ({
  valueHint,
  check: v.pipe(v.string(), v.regex(pattern, `expected ${expected}`), v.transform(Number)),
});
const whole = (schema: v.GenericSchema<number>) => ({
  valueHint: 'n',
  check: v.pipe(matching('n', /^\d+$/, 'a whole number').check, schema),
});
const service = oneOf(['embedded', 'cloud']);
const perMinute = matching('n', /^[1-9]\d{0,14}$/, 'a whole number of 1 or more');
const dollars = matching('dollars', /^(\d+(\.\d+)?|\.\d+)$/, 'an amount of US dollars, such as 0.25');

const PERCENT = /^0*(\d{1,2}(\.\d+)?|100(\.0+)?)$/;
const path = v.pipe(v.string(), v.nonEmpty('expected a path'));

/** Flags of commands that work on one corpus; each overrides corpus.json. */
const CORPUS = {
  corpus: {
    help: 'Name of the corpus; default that of corpus.json, or of the file',
    valueHint: 'name',
    check: v.string(),
  },
  model: {
    help: `Embedding model of your service; default ${KNOWN_MODELS.cloudDefault}. The embedded service (--embedder embedded) has one of its own and takes no other`,
    valueHint: 'id',
    check: v.string(),
  },
  dimensions: { ...whole(v.unwrap(entries.dimensions)), help: 'Numbers in a vector; default those of the model' },
  collection: {
    help: `Qdrant collection; default ${CORPUS_DEFAULTS.collection}`,
    valueHint: 'name',
    check: CollectionName,
  },
  table: { help: `Postgres table; default ${CORPUS_DEFAULTS.table}`, valueHint: 'name', check: TableName },
  'batch-size': {
    ...whole(v.unwrap(entries.batchSize)),
    help: `Most texts in one embedding request; default ${CORPUS_DEFAULTS.batchSize}; the embedded service takes at most ${EMBEDDED_ITEMS_MAX}`,
  },
  'qdrant-batch-size': {
    ...whole(v.unwrap(entries.qdrantBatchSize)),
    help: `Most points in one request to Qdrant; default ${CORPUS_DEFAULTS.qdrantBatchSize}`,
  },
  'neon-batch-size': {
    ...whole(v.unwrap(entries.neonBatchSize)),
    help: `Most rows in one transaction; default ${CORPUS_DEFAULTS.neonBatchSize}`,
  },
  deletes: {
    ...oneOf(['full', 'document', 'none']),
    help: `Chunks to delete when they are no longer in the input: all, only those of documents that still are, or none; default ${CORPUS_DEFAULTS.deletes}`,
  },
  overlong: {
    ...oneOf(OVERLONG_MODES),
    help: 'Whether a text too long for the model is embedded whole in windows, shortened, or rejected; default windows, or as the corpus was loaded',
  },
  records: { help: 'Path of the records in the input; default what is recognised', valueHint: 'path', check: path },
  id: {
    help: 'Path of the id; of several, separated by commas, the values together are the id; default what is recognised',
    valueHint: 'a,b',
    check: v.pipe(
      v.string(),
      v.transform((text) => text.split(',').map((each) => each.trim())),
      v.array(path),
    ),
  },
  text: { help: 'Path of the text; default what is recognised', valueHint: 'path', check: path },
  document: {
    help: 'Path of the document that a chunk is of; default what is recognised',
    valueHint: 'path',
    check: path,
  },
  title: { help: 'Path of the title; default what is recognised', valueHint: 'path', check: path },
  page: { help: 'Path of the page number; default what is recognised', valueHint: 'path', check: path },
  created: { help: 'Path of the date; default what is recognised', valueHint: 'path', check: path },
  'max-rejected-percent': {
    ...matching('0-100', PERCENT, 'a number from 0 to 100'),
    help: 'Percentage of the records that may be left out; without it, an input is refused if more than 5 % and more than 10 records would be, or more than half',
    variable: 'LOCKSTEP_MAX_REJECTED_PERCENT',
  },
  payload: {
    help: 'More fields to store in the payload of points, for filters; separated by commas; default none',
    valueHint: 'a,b',
    check: v.pipe(
      v.string(),
      v.transform((text) => text.split(',').map((field) => field.trim())),
      v.unwrap(entries.payload),
    ),
  },
} as const;

/** Which services are used, and where local files are. */
const SERVICES = {
  embedder: {
    ...service,
    help: 'Embedding service: the embedded one, or yours; default yours if both stores are set',
    variable: 'LOCKSTEP_EMBEDDER',
  },
  vectors: {
    ...service,
    help: 'Qdrant: the embedded one, or yours; default yours if both stores are set',
    variable: 'LOCKSTEP_VECTORS',
  },
  rows: {
    ...service,
    help: 'Postgres: the embedded one, or yours; default yours if both stores are set',
    variable: 'LOCKSTEP_ROWS',
  },
  'state-dir': {
    help: 'Folder for embeddings, what each stage did, and the data of the embedded services; default .lockstep at the root of the workspace',
    valueHint: 'folder',
    check: v.string(),
  },
} as const;

/** How a command tells what it does. Every command has these. */
const OUTPUT = {
  format: {
    ...oneOf(['text', 'json', 'markdown', 'github', 'junit']),
    help: 'How the result is printed on stdout: for people, as JSON, as a comment on a pull request, as annotations of a GitHub workflow, or as a JUnit file; default text',
    excludes: 'json',
    default: 'text',
  },
  json: { help: 'The same as --format json; messages go to stderr', excludes: 'format' },
  quiet: {
    help: 'Print only the outcome, warnings and errors: no progress, and no line for each stage',
    excludes: 'verbose',
  },
  verbose: { help: 'Log every batch', excludes: 'quiet' },
} as const;

/** Every flag of every command. */
export const FLAGS = {
  ...CORPUS,
  ...SERVICES,
  ...OUTPUT,
  all: { help: 'Every corpus of the workspace that has a corpus.json, one after another, in the order of their names' },
  strict: { help: 'Fail if a record is rejected' },
  'allow-deletes': {
    help: 'Allow a load to delete more than 20 % and more than 20 of the chunks in a store',
    variable: 'LOCKSTEP_ALLOW_DELETES',
    excludes: 'max-delete-percent',
  },
  'allow-new-ids': {
    help: 'Allow the ids of the chunks to come from elsewhere than those that were loaded before',
    variable: 'LOCKSTEP_ALLOW_NEW_IDS',
  },
  'max-delete-percent': {
    ...matching('0-100', PERCENT, 'a number from 0 to 100'),
    help: 'Refuse a load that would delete a larger share of the chunks in a store; default 20, where it is more than 20 chunks',
    variable: 'LOCKSTEP_MAX_DELETE_PERCENT',
    excludes: 'allow-deletes',
  },
  'max-cost': {
    ...dollars,
    help: COST_LIMIT.meaning,
    variable: COST_LIMIT.variable,
  },
  price: {
    ...dollars,
    help: 'Price of a million tokens, in US dollars; default the known price of the model',
    variable: 'LOCKSTEP_PRICE',
  },
  'tokens-per-minute': {
    ...perMinute,
    help: 'Most tokens sent to the embedding service in a minute; default what the service reports',
    variable: 'LOCKSTEP_TOKENS_PER_MINUTE',
  },
  'requests-per-minute': {
    ...perMinute,
    help: 'Most requests sent to the embedding service in a minute; default what the service reports',
    variable: 'LOCKSTEP_REQUESTS_PER_MINUTE',
  },
  'max-rejects': {
    ...whole(v.number()),
    help: `Most texts that the embedding service may refuse; default ${REFUSED_MAX}, 0 with --strict`,
  },
  'dry-run': { help: 'Show what would be done, and write nothing' },
  pay: { help: 'Embed, and pay for, texts that are not in the cache' },
  folder: {
    help: 'Folder that gets the corpus.json; default that of the input',
    valueHint: 'folder',
    check: v.string(),
  },
  yes: { help: 'Delete without asking' },
  port: {
    ...whole(v.pipe(v.number(), v.maxValue(65_535, 'expected at most 65535'))),
    help: 'Port of 127.0.0.1; default any free one',
    default: 0,
  },
  'allow-writes': { help: 'Let the page start runs and repairs, which write, delete and pay' },
  only: {
    help: 'Work on only one store; default both',
    valueHint: 'qdrant|neon',
    check: v.picklist(['embed', 'qdrant', 'neon'], 'expected qdrant or neon'),
  },
  level: {
    ...oneOf(VERIFY_LEVELS),
    help: 'What is compared, from least to most; default content',
    default: 'content',
  },
  'vectors-every': {
    ...whole(atLeastOne),
    help: 'At level vectors, compare only every nth vector; default 1, all of them',
    default: 1,
  },
  out: {
    help: 'File to write; default report.html in the state directory',
    valueHint: 'file',
    check: path,
  },
  'without-plan': { help: 'Leave out what a run would do now, so that no input is read' },
  limit: {
    ...whole(v.pipe(atLeastOne, v.maxValue(100, 'expected at most 100'))),
    help: 'How many to show, at most 100; default 10',
  },
  questions: {
    help: 'Questions with their answers: a JSON or JSON lines file, a folder of BEIR, or one of its qrels; default questions.json beside corpus.json',
    valueHint: 'file',
    check: path,
  },
  k: {
    ...whole(v.pipe(atLeastOne, v.maxValue(100, 'expected at most 100'))),
    help: 'How many results of each question are looked at, at most 100; default 10',
  },
  compare: {
    help: 'Compare with an evaluation that was recorded: its id, or last; of two ids, separated by a comma, those are compared and nothing is asked',
    valueHint: 'id',
    check: v.pipe(
      v.string(),
      v.transform((text) => text.split(',').map((id) => id.trim())),
      v.array(v.pipe(v.string(), v.nonEmpty('expected ids of evaluations'))),
      v.maxLength(2, 'expected one or two ids of evaluations'),
    ),
    excludes: 'compare-collection',
  },
  'compare-collection': {
    help: 'Ask a second collection too, and compare it with that of the corpus; its model is that of its points',
    valueHint: 'name',
    check: CollectionName,
    excludes: 'compare',
  },
  'compare-table': {
    help: 'The table of the second collection; default that of the corpus',
    valueHint: 'name',
    check: TableName,
  },
  'max-loss': {
    ...matching('0-1', /^(0?\.\d+|[01](\.0+)?)$/, 'a number from 0 to 1'),
    help: 'Accept a loss of the mean of a measure up to this; default 0.001',
  },
  'make-questions': {
    ...whole(v.pipe(atLeastOne, v.maxValue(10_000, 'expected at most 10000'))),
    help: 'First write so many questions, made of sentences of the chunks without half of their words, to a new file',
  },
  seed: { ...whole(v.number()), help: 'With --make-questions: another number makes other questions; default 1' },
  corpora: {
    help: 'Only the corpora of these names, separated by commas; default all',
    valueHint: 'a,b',
    check: v.pipe(
      v.string(),
      v.transform((text) => text.split(',').map((name) => name.trim())),
      v.array(v.pipe(v.string(), v.nonEmpty('expected names of corpora'))),
    ),
  },
} as const satisfies Readonly<Record<string, Flag>>;

export type FlagName = keyof typeof FLAGS;

export const FLAG_NAMES = Object.keys(FLAGS) as readonly FlagName[];
export const CORPUS_FLAGS = Object.keys(CORPUS) as readonly FlagName[];
export const OUTPUT_FLAGS = Object.keys(OUTPUT) as readonly FlagName[];
export const SERVICE_FLAGS = Object.keys(SERVICES) as readonly FlagName[];

/** Flags that say where the fields of records are. */
export const FIELD_FLAGS: readonly FlagName[] = ['records', 'id', 'text', 'document', 'title', 'page', 'created'];

/** Flags that decide which chunks an input gives. */
export const INPUT_FLAGS: readonly FlagName[] = ['corpus', ...FIELD_FLAGS, 'overlong', 'max-rejected-percent'];

/** Flags about the records of one input; they cannot be right for every corpus of a workspace. */
export const ONE_CORPUS_FLAGS: readonly FlagName[] = ['corpus', ...FIELD_FLAGS, 'payload'];

/** Flags that decide which vectors a corpus has. */
export const MODEL_FLAGS: readonly FlagName[] = ['model', 'dimensions'];

/** Flags about deletions, about prices, and of commands that pay for embedding. */
export const DELETE_FLAGS: readonly FlagName[] = ['allow-deletes', 'max-delete-percent'];
export const COST_FLAGS: readonly FlagName[] = ['max-cost', 'price'];
export const PAYING_FLAGS: readonly FlagName[] = [...COST_FLAGS, 'tokens-per-minute', 'requests-per-minute'];

type Value<Entry> = Entry extends { readonly check: infer Check extends v.GenericSchema }
  ? v.InferOutput<Check> | (Entry extends { readonly default: unknown } ? never : undefined)
  : boolean;

/** The value of each flag as typed, else from its variable, else its default. */
export type Flags = { readonly [Name in FlagName]: Value<(typeof FLAGS)[Name]> };
