import { DEFAULT_OPENAI_MODEL, OPENAI_MODELS } from '@lockstep/embed-openai/models';
import { createProtocolEmbedder } from '@lockstep/embed-openai/protocol';
import {
  CORPUS_DEFAULTS,
  IndexingError,
  isPrivateAddress,
  utf8Bytes,
  type Dependency,
  type Embedder,
  type Ledger,
  type Logger,
  type RowStore,
  type VectorStore,
} from '@lockstep/model';
import { createGuard } from '@lockstep/resilience';
import { createNeonLedger, createNeonRowStore } from '@lockstep/store-neon';
import { createNeonClient } from '@lockstep/store-neon/neon-client';
import { createQdrantVectorStore } from '@lockstep/store-qdrant';
import { SEARCH_DEADLINE_MS } from './create-reader.ts';

/** OpenAI, or any server that speaks its protocol. */
export interface EmbedderAddress {
  readonly apiKey: string;
  /** @default 'https://api.openai.com/v1' */
  readonly baseUrl?: string | undefined;
  /** The model that the corpus was embedded with. @default 'text-embedding-3-small' */
  readonly model?: string | undefined;
  /** Numbers in a vector. @default those of the model, if it is one of OpenAI's */
  readonly dimensions?: number | undefined;
}

/** A collection in Qdrant. */
export interface VectorsAddress {
  readonly url: string;
  /** @default none is sent */
  readonly apiKey?: string | undefined;
  /** @default 'book_vectors' */
  readonly collection?: string | undefined;
}

/** A table in Neon, or in a Postgres behind a proxy that answers as Neon does over HTTP. */
export interface RowsAddress {
  /** `postgresql://user:password@host/database` */
  readonly connectionString: string;
  /** URL of the proxy. @default that of Neon */
  readonly fetchEndpoint?: string | undefined;
  /** @default 'rag_metadata' */
  readonly table?: string | undefined;
}

export interface ServiceAddresses {
  readonly embedder: EmbedderAddress;
  readonly vectors: VectorsAddress;
  readonly rows: RowsAddress;
  /** How long one call to a service may take with all its attempts, in milliseconds. @default 30_000 */
  readonly deadlineMs?: number | undefined;
  /** Receives events of calls that are tried again. @default none */
  readonly logger?: Logger | undefined;
}

/** Other characters make the HTTP client fail with an error that quotes the key. */
const KEY = /^[\x21-\x7e]+$/;

/** The services of an index. Each has a guard of its own, which is that of one request in a Worker. */
export interface ConnectedServices {
  readonly embedder: Embedder;
  readonly vectors: VectorStore;
  readonly rows: RowStore;
  readonly ledger: Ledger;
}

/**
 * Services that are named by their addresses. Nothing is sent before they are first asked. The embedder counts a byte as a
 * token, so that a text of its limit in bytes always fits the model.
 *
 * Fails with `option-invalid`, which names the option, also in its details, and never its value.
 */
export function connectServices(addresses: ServiceAddresses): ConnectedServices {
  const { logger, deadlineMs = SEARCH_DEADLINE_MS } = addresses;
  const timeoutMs = deadlineMs;
  const guard = (dependency: Dependency) =>
    createGuard({ dependency, timeoutMs, deadlineMs, ...(logger === undefined ? {} : { logger }) });

  const { apiKey, baseUrl, model = DEFAULT_OPENAI_MODEL } = addresses.embedder;
  const dimensions = addresses.embedder.dimensions ?? OPENAI_MODELS[model]?.dimensions;
  if (dimensions === undefined) throw wrong('embedder.dimensions', `a number, since those of ${model} are not known`);
  if (!KEY.test(apiKey)) throw wrong('embedder.apiKey', 'visible ASCII characters without spaces');
  if (baseUrl !== undefined) httpUrl('embedder.baseUrl', baseUrl, true);
  const embedder = createProtocolEmbedder({
    ...{ apiKey, model, dimensions, timeoutMs },
    ...(baseUrl === undefined ? {} : { baseUrl }),
    guard: guard('openai'),
    // No token is shorter than a byte; a tokenizer is larger than all the rest.
    countTokens: utf8Bytes,
  });

  const { url, apiKey: qdrantKey, collection = CORPUS_DEFAULTS.collection } = addresses.vectors;
  if (qdrantKey !== undefined && !KEY.test(qdrantKey)) {
    throw wrong('vectors.apiKey', 'visible ASCII characters without spaces');
  }
  const vectors = createQdrantVectorStore({
    url: httpUrl('vectors.url', url, qdrantKey !== undefined),
    ...(qdrantKey === undefined ? {} : { apiKey: qdrantKey }),
    ...{ collection, timeoutMs },
    guard: guard('qdrant'),
  });

  const { connectionString, fetchEndpoint, table = CORPUS_DEFAULTS.table } = addresses.rows;
  const { host, pathname, password } = postgresUrl(connectionString);
  if (fetchEndpoint !== undefined) httpUrl('rows.fetchEndpoint', fetchEndpoint, password !== '');
  const sql = createNeonClient({ connectionString, fetchEndpoint, guard: guard('neon') });
  const rows = createNeonRowStore({ sql, table, shownDatabase: `${host}${decodeURIComponent(pathname)}` });

  return { embedder, vectors, rows, ledger: createNeonLedger(sql) };
}

function httpUrl(option: string, text: string, carriesSecret: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw wrong(option, 'an http or https URL');
  if (url.username !== '' || url.password !== '') throw wrong(option, 'no user or password in the address');
  if (carriesSecret && !isPrivateAddress(url)) {
    throw wrong(option, 'https, since a secret would go over plain http to another machine');
  }
  return url;
}

function postgresUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isWhole =
    url !== undefined && /^postgres(ql)?:$/.test(url.protocol) && url.hostname !== '' && url.username !== '';
  // A bare "@", "/" or "#" in a password moves the rest of it into the name of the database, which is shown.
  if (!isWhole || !/^\/[\w%.~-]+$/.test(url.pathname) || url.hash !== '' || url.searchParams.has('password')) {
    throw wrong(
      'rows.connectionString',
      'postgresql://user:password@host/database, with "#", "/" and "@" in the password percent-encoded',
    );
  }
  return url;
}

function wrong(option: string, expected: string): IndexingError {
  return new IndexingError({
    code: 'option-invalid',
    message: `${option}: expected ${expected}.`,
    details: { option },
  });
}
