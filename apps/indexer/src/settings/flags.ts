import * as v from 'valibot';
import { CollectionName, CorpusConfigSchema, TableName } from '@lockstep/model';
import { REFUSED_MAX, VERIFY_LEVELS } from '@lockstep/pipeline';

/** All that is known of a flag; nothing of it stands elsewhere but the line of its variable in `.env.example`. */
export interface Flag {
  readonly help: string;
  /** What stands for the value in help. */
  readonly valueHint?: string;
  /** Makes a value of the text that was typed, or that the variable holds. A flag without it is on or off. */
  readonly check?: v.GenericSchema<string, unknown>;
  /** Environment variable that gives the value where the flag is not typed; 0 or 1 for one that is on or off. */
  readonly variable?: string;
  /** Flag that cannot be typed together with this one, and whose variable counts for nothing when this one is typed. */
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

/** Flags of commands that work on one corpus; all but the name override corpus.json. */
const CORPUS = {
  corpus: { help: 'Name of the corpus', valueHint: 'name', check: v.string() },
  model: { help: 'Embedding model', valueHint: 'id', check: v.string() },
  dimensions: { ...whole(v.unwrap(entries.dimensions)), help: 'Numbers in a vector' },
  collection: { help: 'Qdrant collection', valueHint: 'name', check: CollectionName },
  table: { help: 'Postgres table', valueHint: 'name', check: TableName },
  'batch-size': { ...whole(v.unwrap(entries.batchSize)), help: 'Chunks in one embedding request' },
  'qdrant-batch-size': { ...whole(v.unwrap(entries.qdrantBatchSize)), help: 'Points in one request to Qdrant' },
  'neon-batch-size': { ...whole(v.unwrap(entries.neonBatchSize)), help: 'Rows in one transaction' },
  deletes: { ...oneOf(['full', 'document', 'none']), help: 'What is deleted that is no longer in the input' },
  overlong: { ...oneOf(['reject', 'truncate']), help: 'What becomes of a text that is too long for the model' },
  payload: {
    help: 'Fields that points carry for filtering, separated by commas',
    valueHint: 'a,b',
    check: v.pipe(
      v.string(),
      v.transform((text) => text.split(',').map((field) => field.trim())),
      v.unwrap(entries.payload),
    ),
  },
} as const;

/** Flags that every command takes. */
const COMMON = {
  embedder: { ...service, help: 'Which embedding service: embedded or cloud', variable: 'LOCKSTEP_EMBEDDER' },
  vectors: { ...service, help: 'Which Qdrant: embedded or cloud', variable: 'LOCKSTEP_VECTORS' },
  rows: { ...service, help: 'Which Postgres: embedded or cloud', variable: 'LOCKSTEP_ROWS' },
  'state-dir': {
    help: 'Where caches, receipts and embedded data live; default .lockstep at the root',
    valueHint: 'folder',
    check: v.string(),
  },
  json: { help: 'Print the result as JSON on stdout; messages go to stderr anyway' },
  verbose: { help: 'Report every batch' },
} as const;

/** Every flag of every command. */
export const FLAGS = {
  ...CORPUS,
  ...COMMON,
  strict: { help: 'Fail if any record is rejected' },
  'allow-deletes': {
    help: 'Let this load delete more than 20 % and more than 20 of the chunks',
    variable: 'LOCKSTEP_ALLOW_DELETES',
    excludes: 'max-delete-percent',
  },
  'max-delete-percent': {
    ...matching('0-100', /^0*(\d{1,2}(\.\d+)?|100(\.0+)?)$/, 'a number from 0 to 100'),
    help: 'Refuse a load that deletes a larger share of the chunks of a store',
    variable: 'LOCKSTEP_MAX_DELETE_PERCENT',
    excludes: 'allow-deletes',
  },
  'max-cost': { ...dollars, help: 'Refuse to embed for more than so many US dollars', variable: 'LOCKSTEP_MAX_COST' },
  price: {
    ...dollars,
    help: 'US dollars for a million tokens, in place of the known price of the model',
    variable: 'LOCKSTEP_PRICE',
  },
  'tokens-per-minute': {
    ...perMinute,
    help: 'Send the embedding service at most so many tokens a minute',
    variable: 'LOCKSTEP_TOKENS_PER_MINUTE',
  },
  'requests-per-minute': {
    ...perMinute,
    help: 'Send the embedding service at most so many requests a minute',
    variable: 'LOCKSTEP_REQUESTS_PER_MINUTE',
  },
  'max-rejects': {
    ...whole(v.number()),
    help: `Texts that the embedding service may refuse; default ${REFUSED_MAX}, 0 under --strict`,
  },
  'dry-run': { help: 'Report what would be done, and do nothing' },
  pay: { help: 'Embed what is not in the cache' },
  yes: { help: 'Do not ask' },
  only: {
    help: 'Look at one store alone',
    valueHint: 'qdrant|neon',
    check: v.picklist(['embed', 'qdrant', 'neon'], 'expected qdrant or neon'),
  },
  level: {
    ...oneOf(VERIFY_LEVELS),
    help: `How much is compared: ${VERIFY_LEVELS.join(', ')}; default content`,
    default: 'content',
  },
  'vectors-every': {
    ...whole(atLeastOne),
    help: 'At level vectors: compare one vector in so many; default 1, all',
    default: 1,
  },
  limit: {
    ...whole(v.pipe(atLeastOne, v.maxValue(100, 'expected at most 100'))),
    help: 'How many to show, at most 100',
  },
} as const satisfies Readonly<Record<string, Flag>>;

export type FlagName = keyof typeof FLAGS;

export const FLAG_NAMES = Object.keys(FLAGS) as readonly FlagName[];
export const CORPUS_FLAGS = Object.keys(CORPUS) as readonly FlagName[];
export const COMMON_FLAGS = Object.keys(COMMON) as readonly FlagName[];

/** Flags about deletions, about prices, and of commands that pay. */
export const DELETE_FLAGS: readonly FlagName[] = ['allow-deletes', 'max-delete-percent'];
export const COST_FLAGS: readonly FlagName[] = ['max-cost', 'price'];
export const PAYING_FLAGS: readonly FlagName[] = [...COST_FLAGS, 'tokens-per-minute', 'requests-per-minute'];

type Value<Entry> = Entry extends { readonly check: infer Check extends v.GenericSchema }
  ? v.InferOutput<Check> | (Entry extends { readonly default: unknown } ? never : undefined)
  : boolean;

/** What was typed, else what the environment says, else the default. */
export type Flags = { readonly [Name in FlagName]: Value<(typeof FLAGS)[Name]> };
