import type { ArgsDef } from 'citty';
import * as v from 'valibot';
import { CollectionName, CorpusConfigSchema, IndexingError, TableName } from '@lockstep/model';
import { REFUSED_MAX, VERIFY_LEVELS } from '@lockstep/pipeline';
import { Dollars, Percent, PerMinute } from './amounts.ts';

const string = (description: string, valueHint: string) => ({ type: 'string', description, valueHint }) as const;
const boolean = (description: string) => ({ type: 'boolean', description, default: false }) as const;

/** Flags that every command takes. */
export const COMMON_ARGS = {
  embedder: string('Which embedding service: embedded or cloud', 'embedded|cloud'),
  vectors: string('Which Qdrant: embedded or cloud', 'embedded|cloud'),
  rows: string('Which Postgres: embedded or cloud', 'embedded|cloud'),
  'state-dir': string('Where caches, receipts and embedded data live; default .lockstep at the root', 'folder'),
  json: boolean('Print the result as JSON on stdout; messages go to stderr anyway'),
  verbose: boolean('Tell every batch'),
} satisfies ArgsDef;

/** Flags of commands that work on one corpus. They override corpus.json. */
export const CORPUS_ARGS = {
  source: {
    type: 'positional',
    description: 'A corpus.json, a folder with one, the name of a corpus of the workspace, or an input file',
    required: true,
    valueHint: 'corpus.json|chunks.json',
  },
  corpus: string('Name of the corpus', 'name'),
  model: string('Embedding model', 'id'),
  dimensions: string('Numbers in a vector', 'n'),
  collection: string('Qdrant collection', 'name'),
  table: string('Postgres table', 'name'),
  'batch-size': string('Chunks in one embedding request', 'n'),
  'qdrant-batch-size': string('Points in one request to Qdrant', 'n'),
  'neon-batch-size': string('Rows in one transaction', 'n'),
  deletes: string('What is deleted that is no longer in the input', 'full|document|none'),
  overlong: string('What becomes of a text that is too long for the model', 'reject|truncate'),
  payload: string('Fields that points carry for filtering, separated by commas', 'a,b'),
  ...COMMON_ARGS,
} satisfies ArgsDef;

export const REJECTS_ARG = {
  'max-rejects': string(`Texts that the embedding service may refuse; default ${REFUSED_MAX}, 0 under --strict`, 'n'),
} satisfies ArgsDef;
export const STRICT_ARG = { strict: boolean('Fail if any record is rejected') } satisfies ArgsDef;
export const DELETE_LIMIT_ARGS = {
  'allow-deletes': boolean('Let this load delete more than 20 % and more than 20 of the chunks'),
  'max-delete-percent': string('Refuse a load that deletes a larger share of the chunks of a store', '0-100'),
} satisfies ArgsDef;
export const COST_ARGS = {
  'max-cost': string('Refuse to embed for more than so many US dollars', 'dollars'),
  price: string('US dollars for a million tokens, in place of the known price of the model', 'dollars'),
} satisfies ArgsDef;
export const PACE_ARGS = {
  'tokens-per-minute': string('Send the embedding service at most so many tokens a minute', 'n'),
  'requests-per-minute': string('Send the embedding service at most so many requests a minute', 'n'),
} satisfies ArgsDef;
export const REPAIR_ARGS = {
  'dry-run': boolean('Tell what would be done, and do nothing'),
  pay: boolean('Embed what is not in the cache'),
} satisfies ArgsDef;
export const YES_ARG = { yes: boolean('Do not ask') } satisfies ArgsDef;
export const ONLY_STORE_ARG = { only: string('Look at one store alone', 'qdrant|neon') } satisfies ArgsDef;
export const VERIFY_ARGS = {
  level: string(`How much is compared: ${VERIFY_LEVELS.join(', ')}; default content`, VERIFY_LEVELS.join('|')),
  'vectors-every': string('At level vectors: compare one vector in so many; default 1, all', 'n'),
} satisfies ArgsDef;

const { entries } = CorpusConfigSchema;
const number = (schema: v.GenericSchema<number>) =>
  v.pipe(v.string(), v.regex(/^\d+$/, 'expected a whole number'), v.transform(Number), schema);
const count = v.pipe(v.number(), v.minValue(1, 'expected 1 or more'));
const service = v.picklist(['embedded', 'cloud'], 'expected embedded or cloud');

/** How the text of each flag is checked. A flag that is not here is a boolean. */
const FLAG_SCHEMAS = {
  embedder: service,
  vectors: service,
  rows: service,
  'state-dir': v.pipe(v.string(), v.nonEmpty('expected a folder')),
  corpus: v.string(),
  model: v.pipe(v.string(), v.nonEmpty('expected a model id')),
  dimensions: number(v.unwrap(entries.dimensions)),
  collection: CollectionName,
  table: TableName,
  'batch-size': number(v.unwrap(entries.batchSize)),
  'qdrant-batch-size': number(v.unwrap(entries.qdrantBatchSize)),
  'neon-batch-size': number(v.unwrap(entries.neonBatchSize)),
  deletes: v.picklist(['full', 'document', 'none'], 'expected full, document or none'),
  overlong: v.picklist(['reject', 'truncate'], 'expected reject or truncate'),
  payload: v.pipe(
    v.string(),
    v.transform((text) => text.split(',').map((field) => field.trim())),
    v.unwrap(entries.payload),
  ),
  only: v.picklist(['embed', 'qdrant', 'neon'], 'expected qdrant or neon'),
  level: v.picklist(VERIFY_LEVELS, `expected one of ${VERIFY_LEVELS.join(', ')}`),
  'vectors-every': number(count),
  'max-delete-percent': Percent,
  'max-rejects': number(v.number()),
  'max-cost': Dollars,
  price: Dollars,
  'tokens-per-minute': PerMinute,
  'requests-per-minute': PerMinute,
  limit: number(v.pipe(count, v.maxValue(100, 'expected at most 100'))),
};

const BOOLEANS = ['json', 'verbose', 'strict', 'allow-deletes', 'yes', 'pay', 'dry-run'] as const;

/** Flags after checking; absent where they were not given. */
export type Flags = {
  readonly [Name in keyof typeof FLAG_SCHEMAS]?: v.InferOutput<(typeof FLAG_SCHEMAS)[Name]>;
} & { readonly [Name in (typeof BOOLEANS)[number]]: boolean };

/**
 * Checks what was typed against what a command takes: unknown flags, flags without their value, values out of range.
 * Fails with `usage`, naming the flag.
 */
export function parseFlags(args: Readonly<Record<string, unknown>>, known: ArgsDef): Flags {
  const flags: Record<string, unknown> = Object.fromEntries(BOOLEANS.map((name) => [name, args[name] === true]));
  const camel = new Map(
    Object.keys(known).map((name) => [name.replaceAll(/-(.)/g, (_, c: string) => c.toUpperCase()), name]),
  );
  const positionals = Object.values(known).filter(({ type }) => type === 'positional').length;
  for (const [given, value] of Object.entries(args)) {
    if (given === '_') continue;
    const name = Object.hasOwn(known, given) ? given : camel.get(given);
    if (name === undefined) throw usage(`there is no flag --${given}`);
    if (!Object.hasOwn(FLAG_SCHEMAS, name) || value === undefined) continue;
    const schema = FLAG_SCHEMAS[name as keyof typeof FLAG_SCHEMAS];
    if (typeof value !== 'string' || value === '') throw usage(`--${name} needs a value`);
    const result = v.safeParse(schema, value);
    if (!result.success) throw usage(`--${name}: ${result.issues[0].message}, found ${JSON.stringify(value)}`);
    flags[name] = result.output;
  }
  const extra = ((args['_'] ?? []) as unknown[]).slice(positionals);
  if (extra.length > 0) throw usage(`${JSON.stringify(String(extra[0]))} is one argument too many`);
  return flags as Flags;
}

function usage(what: string): IndexingError {
  return new IndexingError({ code: 'usage', message: `${what.charAt(0).toUpperCase()}${what.slice(1)}.` });
}
