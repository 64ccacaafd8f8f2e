import type { IndexedChunk } from './chunk.ts';
import type { EmbedderIdentity } from './identity.ts';
import type { JsonValue } from './json.ts';

/** How a call can be stopped from outside. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Flat, safe facts of a log event. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Where the libraries tell what happens. Event names are noun and action: `batch-embedded`. */
export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
}

export const SILENT: Logger = { debug() {}, info() {}, warn() {} };

/** Time as the libraries see it, so that tests can move it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`; rejects at once with the signal's reason when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Requests to one dependency. */
export interface CallStats {
  readonly requests: number;
  /** Waits before another try, those for an open breaker included. */
  readonly retries: number;
  /** How often the circuit breaker opened. */
  readonly breakerOpened: number;
}

/** Inputs whose reply was lost after they were sent: the service may have charged for them. */
export interface PossiblyPaid {
  readonly requests: number;
  readonly inputs: number;
}

/** Which server a port talks to, for `doctor` and for receipts. Holds no secret. */
export interface ServiceInfo {
  readonly name: string;
  readonly version: string;
}

/** Vectors for texts, in input order, `dimensions` finite numbers each. */
export interface Embedder {
  readonly identity: EmbedderIdentity;
  /** Tokens an input may have. */
  readonly inputTokensMax: number;
  /** Tokens of a text, as the service counts them. */
  countTokens(text: string): number;
  /** The number of tokens of a text if it is over the limit, undefined if it fits. */
  tokensOver(text: string): number | undefined;
  /** The longest beginning of a text that is not over the limit; the text itself where that is. */
  fit(text: string): string;
  /** Groups texts into requests within all the limits of the service. Takes and gives indexes into `texts`. */
  pack(texts: readonly string[]): number[][];
  /** One request. `tokens` is what the service says it charged for. */
  embed(texts: readonly string[], options?: CallOptions): Promise<{ vectors: Float32Array[]; tokens: number }>;
  /** What was possibly paid for nothing since the embedder was made. */
  possiblyPaid(): PossiblyPaid;
  describe(options?: CallOptions): Promise<ServiceInfo>;
}

/** Payload of a point; the fields that every one has, and those that the corpus lists for filtering. */
export interface PointPayload {
  readonly corpus: string;
  readonly chunk_id: string;
  readonly document_id: string | null;
  readonly model: string;
  readonly content_hash: string;
  readonly embedding_key: string;
  /** Which fields the payload has and in what form; a change of it is a change of every point. */
  readonly projection: string;
  readonly [field: string]: JsonValue;
}

export interface Point {
  readonly pointId: string;
  readonly vector: Float32Array;
  readonly payload: PointPayload;
}

/** What a scan reads of a point: its id and its payload, which is not to be believed. */
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

/** How many points or rows of each corpus a store holds. */
export interface StoreCensus {
  /** Sorted by name. */
  readonly corpora: readonly { readonly corpus: string; readonly count: number }[];
  /** Points or rows that belong to no corpus: nothing of ours wrote them. */
  readonly unowned: number;
}

/** What a collection is made of; undefined where it says something that we do not use. */
export interface CollectionFacts {
  readonly dimensions: number | undefined;
  readonly distance: string | undefined;
  /** How its vectors are stored: `float32`, `float16` or `uint8`. */
  readonly datatype: string | undefined;
}

/**
 * The points of all corpora in one collection. Every write is acknowledged when it returns, and may be repeated. Reading
 * from a collection that is not there finds nothing.
 */
export interface VectorStore {
  /** Host and collection: which store this is, without any secret. */
  readonly target: string;
  describe(options?: CallOptions): Promise<ServiceInfo>;
  /** What the collection is made of; undefined where there is none. */
  inspect(options?: CallOptions): Promise<CollectionFacts | undefined>;
  /** Exact live numbers of points by corpus. */
  census(options?: CallOptions): Promise<StoreCensus>;
  /** Creates the collection and its payload indexes; refuses one of other dimensions or distance (`model-mismatch`). */
  ensure(spec: CollectionSpec, options?: CallOptions): Promise<void>;
  /** Exact live number of points of a corpus. */
  count(corpus: string, options?: CallOptions): Promise<number>;
  /** A model other than `model` of which the collection holds points, if there is one. */
  foreignModel(model: string, options?: CallOptions): Promise<string | undefined>;
  /** All points of a corpus in the order of their ids, in pages. */
  scan(corpus: string, options?: CallOptions): AsyncIterable<readonly StoredPoint[]>;
  /** Groups points, or payloads alone, into requests that are well within the service's limit. */
  pack<Item extends Pick<Point, 'payload'> & { readonly vector?: Float32Array }>(items: readonly Item[]): Item[][];
  /** One request. */
  upsert(points: readonly Point[], options?: CallOptions): Promise<void>;
  /**
   * Replaces payloads and leaves the vectors alone. A point that has another `embedding_key` by now stays as it is, so
   * that the label of one text never comes to stand at the vector of another.
   */
  overwritePayloads(points: readonly Omit<Point, 'vector'>[], options?: CallOptions): Promise<void>;
  delete(pointIds: readonly string[], options?: CallOptions): Promise<void>;
  /** Vectors by point id; an id that is not there is left out. */
  vectors(pointIds: readonly string[], options?: CallOptions): Promise<Map<string, Float32Array>>;
  /** The nearest points, best first; none where there is no collection yet. */
  search(query: SearchQuery, options?: CallOptions): Promise<SearchHit[]>;
}

export interface CollectionSpec {
  readonly dimensions: number;
  /** Payload fields to index for filtering, with the type of each. */
  readonly indexes: Readonly<Record<string, 'keyword' | 'integer' | 'datetime'>>;
}

export interface SearchQuery {
  readonly vector: Float32Array;
  readonly corpus?: string;
  readonly limit: number;
}

/** What a scan of the table reads for comparing. */
export interface RowState {
  readonly pointId: string;
  readonly chunkId: string;
  readonly documentId: string | null;
  readonly contentHash: string;
  readonly embeddingKey: string;
}

/**
 * The rows of all corpora in one table. Writes are transactions that check the fence; repeating them is safe. Reading
 * from a table that is not there finds nothing.
 */
export interface RowStore {
  /** Host, database and table: which store this is, without any secret. */
  readonly target: string;
  describe(options?: CallOptions): Promise<ServiceInfo>;
  /** Exact live numbers of rows by corpus. */
  census(options?: CallOptions): Promise<StoreCensus>;
  /** Applies the migrations that are missing. */
  ensure(options?: CallOptions): Promise<void>;
  count(corpus: string, options?: CallOptions): Promise<number>;
  /** Ids and hashes of a corpus in the order of their point ids, in pages. */
  scan(corpus: string, options?: CallOptions): AsyncIterable<readonly RowState[]>;
  /** Whole rows of a corpus in the order of their point ids, in pages. */
  scanRows(corpus: string, options?: CallOptions): AsyncIterable<readonly IndexedChunk[]>;
  /** Whole rows by point id with their corpus, in no order; an id that is not there is left out. */
  rows(pointIds: readonly string[], options?: CallOptions): Promise<(IndexedChunk & { corpus: string })[]>;
  /** The fence that writes of a corpus are checked against; 0 before the first. */
  fence(corpus: string, options?: CallOptions): Promise<number>;
  /** Sets the fence that writes are checked against, never lower than it is. */
  raiseFence(corpus: string, fence: number, options?: CallOptions): Promise<void>;
  /** Groups rows into requests that are well within the service's limit. */
  pack(rows: readonly IndexedChunk[]): IndexedChunk[][];
  /** One request, which is one transaction. */
  upsert(write: RowWrite<readonly IndexedChunk[]>, options?: CallOptions): Promise<void>;
  delete(write: RowWrite<readonly string[]>, options?: CallOptions): Promise<void>;
}

/** One transaction's worth of rows, or of point ids, under a fence. */
export interface RowWrite<Items> {
  readonly corpus: string;
  readonly fence: number;
  readonly items: Items;
}
