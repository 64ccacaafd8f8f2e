import * as v from 'valibot';
import {
  CORPUS_DEFAULTS,
  CollectionName,
  CorpusConfigSchema,
  CorpusName,
  didYouMean,
  IndexingError,
  TableName,
} from '@lockstep/model';
import type { ServiceAddresses } from '@lockstep/reader';

/** What the Worker is given: texts from its configuration and its secrets, and bindings of other kinds, which it does not use. */
export type Bindings = Readonly<Record<string, unknown>>;

/** The characters that a bearer token may have (RFC 6750, 2.1). */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/** Half a UUID of randomness; anybody may try tokens as fast as the network lets him. */
const TOKEN_CHARACTERS_MIN = 16;

const list = v.pipe(
  v.string(),
  v.transform((text): string[] => text.split(',').map((item) => item.trim())),
);

const origin = v.pipe(
  v.string(),
  v.check(
    (text) => URL.canParse(text) && new URL(text).origin === text,
    'expected origins such as https://app.example.com',
  ),
);

/** All bindings that are read. An empty text counts as not set. */
const BindingsSchema = v.object({
  LOCKSTEP_TOKEN: v.pipe(
    v.string('expected the token that requests must carry'),
    v.regex(TOKEN, 'expected letters, digits and "-._~+/" alone'),
    v.minLength(TOKEN_CHARACTERS_MIN, `expected at least ${TOKEN_CHARACTERS_MIN} characters`),
  ),
  OPENAI_API_KEY: v.optional(v.string()),
  OPENAI_BASE_URL: v.optional(v.string()),
  QDRANT_HOST: v.string('expected the address of your Qdrant'),
  QDRANT_API_KEY: v.optional(v.string()),
  NEON_POSTGRES_CONNECTION_STRING: v.string('expected the address of your Postgres'),
  NEON_FETCH_ENDPOINT: v.optional(v.string()),
  LOCKSTEP_CORPUS: v.optional(CorpusName),
  LOCKSTEP_COLLECTION: v.optional(CollectionName),
  LOCKSTEP_TABLE: v.optional(TableName),
  LOCKSTEP_MODEL: v.optional(v.string()),
  LOCKSTEP_DIMENSIONS: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[1-9]\d{0,4}$/, 'expected a whole number from 1 to 65536'),
      v.transform(Number),
      v.maxValue(65_536, 'expected a whole number from 1 to 65536'),
    ),
  ),
  LOCKSTEP_DEADLINE_SECONDS: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[1-9]\d{0,2}$/, 'expected a whole number from 1 to 999'),
      v.transform((text) => Number(text) * 1000),
    ),
  ),
  LOCKSTEP_PAYLOAD: v.optional(v.pipe(list, CorpusConfigSchema.entries.payload.wrapped)),
  LOCKSTEP_ORIGINS: v.optional(v.pipe(list, v.array(origin))),
});

const NAMES: readonly string[] = Object.keys(BindingsSchema.entries);

/** Names of this form are ours, or meant to be. */
const OWN_NAME = /^(LOCKSTEP|QDRANT|NEON|OPENAI)_/;

/** The binding that an option of the services comes from. */
const BINDING_OF: Readonly<Record<string, string>> = {
  'embedder.apiKey': 'OPENAI_API_KEY',
  'embedder.baseUrl': 'OPENAI_BASE_URL',
  'embedder.dimensions': 'LOCKSTEP_DIMENSIONS',
  'vectors.url': 'QDRANT_HOST',
  'vectors.apiKey': 'QDRANT_API_KEY',
  'rows.connectionString': 'NEON_POSTGRES_CONNECTION_STRING',
  'rows.fetchEndpoint': 'NEON_FETCH_ENDPOINT',
};

export interface Settings {
  readonly token: string;
  /** Where a request names no corpus. @default a search is over all corpora, and other requests must name one */
  readonly corpus: string | undefined;
  /** Fields of points besides those that each has. */
  readonly payload: readonly string[];
  /** Origins of web pages that may call. */
  readonly origins: readonly string[];
  readonly addresses: ServiceAddresses;
}

/** Reads the bindings. Fails with `environment-invalid`, which names each that is wrong, and never its value. */
export function readSettings(bindings: Bindings): Settings {
  const unknown = Object.keys(bindings).find((name) => OWN_NAME.test(name) && !NAMES.includes(name));
  if (unknown !== undefined) {
    throw invalid(`${unknown}: there is no such binding.${didYouMean(unknown, NAMES)} Known are ${NAMES.join(', ')}`);
  }
  const result = v.safeParse(
    BindingsSchema,
    Object.fromEntries(NAMES.map((name) => [name, bindings[name] === '' ? undefined : bindings[name]])),
  );
  if (!result.success) {
    const wrong = result.issues.map((issue) => `${v.getDotPath(issue)}: ${messageOf(issue)}`);
    throw invalid(`${[...new Set(wrong)].join('; ')}`);
  }
  const given = result.output;
  // A server that is not OpenAI's may need no key.
  const apiKey = given.OPENAI_API_KEY ?? (given.OPENAI_BASE_URL === undefined ? undefined : 'none');
  if (apiKey === undefined) throw invalid('OPENAI_API_KEY: expected your OpenAI key');
  return {
    token: given.LOCKSTEP_TOKEN,
    corpus: given.LOCKSTEP_CORPUS,
    payload: given.LOCKSTEP_PAYLOAD ?? CORPUS_DEFAULTS.payload,
    origins: given.LOCKSTEP_ORIGINS ?? [],
    addresses: {
      embedder: {
        apiKey,
        baseUrl: given.OPENAI_BASE_URL,
        model: given.LOCKSTEP_MODEL,
        dimensions: given.LOCKSTEP_DIMENSIONS,
      },
      vectors: { url: given.QDRANT_HOST, apiKey: given.QDRANT_API_KEY, collection: given.LOCKSTEP_COLLECTION },
      rows: {
        connectionString: given.NEON_POSTGRES_CONNECTION_STRING,
        fetchEndpoint: given.NEON_FETCH_ENDPOINT,
        table: given.LOCKSTEP_TABLE,
      },
      deadlineMs: given.LOCKSTEP_DEADLINE_SECONDS,
    },
  };
}

/** An error of the services that names one of their options, as one that names the binding. */
export function inNamesOfBindings(error: IndexingError): IndexingError {
  const option = String(error.details['option']);
  const binding = BINDING_OF[option];
  return binding === undefined ? error : invalid(error.message.replace(option, binding).replace(/\.$/, ''));
}

/** valibot's own messages repeat what was given, which may be a secret. */
function messageOf({ message, received, type }: v.BaseIssue<unknown>): string {
  return message.startsWith('Invalid') ? `expected another value (${type}, found ${kindOf(received)})` : message;
}

function kindOf(received: string): string {
  return received.startsWith('"') ? 'a text' : received;
}

function invalid(what: string): IndexingError {
  return new IndexingError({ code: 'environment-invalid', message: `${what}.` });
}
