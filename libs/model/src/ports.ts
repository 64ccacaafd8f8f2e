import type { IndexedChunk } from './chunk.ts';
import type { EmbedderIdentity } from './identity.ts';
import type { JsonValue } from './json.ts';
import type { PayloadFilter } from './payload/payload-filter.ts';

/** Options of every call to a service. */
export interface CallOptions {
  /** Aborts the call. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of a read that goes through a corpus in the order of its point ids. */
export interface ScanOptions extends CallOptions {
  /** Only ids after this one. @default all */
  readonly after?: string | undefined;
}

/** Fields of a log event: flat, and without secrets, texts or vectors. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Receives the log events of the libraries. Event names are a noun and an action: `batch-embedded`. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
}

/** Logs nothing. */
export const SILENT: Logger = { debug() {}, info() {}, warn() {} };

/** Time for the libraries, so that tests can control it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects with the reason of the signal as soon as it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Requests to one dependency. */
export interface CallStats {
  readonly requests: number;
  /** Waits before another attempt, those for an open breaker included. */
  readonly retries: number;
  /** How often the circuit breaker opened. */
  readonly breakerOpened: number;
}

/** Inputs that were sent and whose reply was lost: the service may have charged for them. */
export interface PossiblyPaid {
  readonly requests: number;
  readonly inputs: number;
}

/** The server behind a port, for `doctor` and for receipts. Holds no secret. */
export interface ServiceInfo {
  readonly name: string;
  readonly version: string;
}

/** Embeds texts: gives vectors of `dimensions` finite numbers in input order. */
export interface Embedder {
  readonly identity: EmbedderIdentity;
  /** Most tokens in one text. */
  readonly inputTokensMax: number;
  /** Tokens of a text, as the service counts them. */
  countTokens(text: string): number;
  /** The number of tokens of a text that is over the limit; undefined if the text fits. */
  tokensOver(text: string): number | undefined;
  /** The longest beginning of a text that fits; the whole text if it fits. */
  fit(text: string): string;
  /** Groups texts into requests within all limits of the service. Returns indexes into `texts`. */
  pack(texts: readonly string[]): number[][];
  /** Sends one request. `tokens` is the number that the service charges for. */
  embed(texts: readonly string[], options?: CallOptions): Promise<{ vectors: Float32Array[]; tokens: number }>;
  /** What was possibly paid for in vain since the embedder was created. */
  possiblyPaid(): PossiblyPaid;
  /** Embeds a word, which may be charged for, and tells what the service is. */
  describe(options?: CallOptions): Promise<ServiceInfo>;
}

/** Payload of a point: the fields of every point, and those that the corpus lists for filters. */
export interface PointPayload {
  readonly corpus: string;
  readonly chunk_id: string;
  readonly document_id: string | null;
  readonly model: string;
  readonly content_hash: string;
  readonly embedding_key: string;
  /** Identifies which fields the payload has and in what form; if it changes, every point is written again. */
  readonly projection: string;
  readonly [field: string]: JsonValue;
}

export interface Point {
  readonly pointId: string;
  readonly vector: Float32Array;
  readonly payload: PointPayload;
}

/** What a scan reads of a point: its id, and its payload, which others may have changed. */
export interface StoredPoint {
  readonly pointId: string;
  readonly payload: Readonly<Record<string, JsonValue>>;
}

export interface SearchHit {
  readonly pointId: string;
  /** Cosine similarity, -1 to 1. */
  readonly score: number;
  readonly payload: Readonly<Record<string, JsonValue>>;
}

/** Numbers of points or rows in a store, by corpus. */
export interface StoreCensus {
  /** Sorted by name. */
  readonly corpora: readonly { readonly corpus: string; readonly count: number }[];
  /** Points or rows without a corpus, which another program wrote. */
  readonly unowned: number;
}

/** How a collection is configured; undefined for values that this program does not use. */
export interface CollectionFacts {
  readonly dimensions: number | undefined;
  readonly distance: string | undefined;
  /** How its vectors are stored: `float32`, `float16` or `uint8`. */
  readonly datatype: string | undefined;
}

/**
 * The points of all corpora in one collection. Every write is acknowledged when it returns, and may be repeated.
 * Reading finds nothing while the collection does not exist.
 */
export interface VectorStore {
  /** Host and collection for display, without secrets. */
  readonly target: string;
  describe(options?: CallOptions): Promise<ServiceInfo>;
  /** How the collection is configured; undefined if it does not exist. */
  inspect(options?: CallOptions): Promise<CollectionFacts | undefined>;
  /** Exact current numbers of points by corpus. */
  census(options?: CallOptions): Promise<StoreCensus>;
  /**
   * Creates the collection and its payload indexes. Fails with `model-mismatch` if it has other dimensions or another
   * distance.
   */
  ensure(spec: CollectionSpec, options?: CallOptions): Promise<void>;
  /** Exact current number of points of a corpus. */
  count(corpus: string, options?: CallOptions): Promise<number>;
  /** Another model than `model` that the collection has points of; undefined if there is none. */
  foreignModel(model: string, options?: CallOptions): Promise<string | undefined>;
  /** All points of a corpus in the order of their ids, in pages. */
  scan(corpus: string, options?: ScanOptions): AsyncIterable<readonly StoredPoint[]>;
  /** Groups points, or only payloads, into requests well below the limit of the service. */
  pack<Item extends Pick<Point, 'payload'> & { readonly vector?: Float32Array }>(items: readonly Item[]): Item[][];
  /** Sends one request. */
  upsert(points: readonly Point[], options?: CallOptions): Promise<void>;
  /**
   * Replaces payloads and leaves the vectors as they are. A point that has another `embedding_key` by now is not
   * changed, so that the label of one text is never written to the vector of another.
   */
  overwritePayloads(points: readonly Omit<Point, 'vector'>[], options?: CallOptions): Promise<void>;
  delete(pointIds: readonly string[], options?: CallOptions): Promise<void>;
  /** Points with these ids, of any corpus, in no order, without the ids that do not exist. */
  points(pointIds: readonly string[], options?: CallOptions): Promise<StoredPoint[]>;
  /** Vectors by point id, without the ids that do not exist. */
  vectors(pointIds: readonly string[], options?: CallOptions): Promise<Map<string, Float32Array>>;
  /**
   * Vectors of points of any corpus by their `embedding_key`, in one request. A key may be left out although a point has it,
   * where many points share a key.
   */
  vectorsOfKeys(embeddingKeys: readonly string[], options?: CallOptions): Promise<Map<string, Float32Array>>;
  /** The nearest points, best first; none while the collection does not exist. */
  search(query: SearchQuery, options?: CallOptions): Promise<SearchHit[]>;
}

export interface CollectionSpec {
  readonly dimensions: number;
  /** Payload fields to index for filters, with their types. */
  readonly indexes: Readonly<Record<string, 'keyword' | 'integer' | 'datetime'>>;
}

export interface SearchQuery {
  readonly vector: Float32Array;
  /** Only points of this corpus. @default points of all corpora */
  readonly corpus?: string | undefined;
  /** Only points whose payload meets these conditions. @default all points */
  readonly filter?: PayloadFilter | undefined;
  readonly limit: number;
}

/** What a scan of the table reads for comparison. */
export interface RowState {
  readonly pointId: string;
  readonly chunkId: string;
  readonly documentId: string | null;
  readonly contentHash: string;
  readonly embeddingKey: string;
}

/**
 * The rows of all corpora in one table. Writes are transactions that check the fence; repeating them is safe. Reading
 * finds nothing while the table does not exist.
 */
export interface RowStore {
  /** Host, database and table for display, without secrets. */
  readonly target: string;
  describe(options?: CallOptions): Promise<ServiceInfo>;
  /** Exact current numbers of rows by corpus. */
  census(options?: CallOptions): Promise<StoreCensus>;
  /** Applies the migrations that are missing. */
  ensure(options?: CallOptions): Promise<void>;
  count(corpus: string, options?: CallOptions): Promise<number>;
  /** Ids and hashes of a corpus in the order of their point ids, in pages. */
  scan(corpus: string, options?: CallOptions): AsyncIterable<readonly RowState[]>;
  /** Whole rows of a corpus in the order of their point ids, in pages. */
  scanRows(corpus: string, options?: ScanOptions): AsyncIterable<readonly IndexedChunk[]>;
  /** Whole rows with their corpus, in no order, without the ids that do not exist. */
  rows(pointIds: readonly string[], options?: CallOptions): Promise<(IndexedChunk & { corpus: string })[]>;
  /** Which other corpora hold these chunks with the same content, and how many of them; the most first. */
  elsewhere(
    corpus: string,
    chunks: readonly Pick<RowState, 'chunkId' | 'contentHash'>[],
    options?: CallOptions,
  ): Promise<StoreCensus['corpora']>;
  /** The fence that writes of a corpus are checked against; 0 before the first. */
  fence(corpus: string, options?: CallOptions): Promise<number>;
  /** Raises the fence that writes are checked against; a lower number changes nothing. */
  raiseFence(corpus: string, fence: number, options?: CallOptions): Promise<void>;
  /** Groups rows into requests well below the limit of the service. */
  pack(rows: readonly IndexedChunk[]): IndexedChunk[][];
  /** Sends one request, which is one transaction. */
  upsert(write: RowWrite<readonly IndexedChunk[]>, options?: CallOptions): Promise<void>;
  delete(write: RowWrite<readonly string[]>, options?: CallOptions): Promise<void>;
}

/** The rows or point ids of one transaction, with the fence of the run. */
export interface RowWrite<Items> {
  readonly corpus: string;
  readonly fence: number;
  readonly items: Items;
}
