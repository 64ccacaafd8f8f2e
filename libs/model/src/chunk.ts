import type { JsonObject } from './json.ts';

/**
 * An accepted record in canonical form: what a reader of the index sees.
 *
 * `text` is whole and unchanged. `createdAt` is UTC with microseconds (`2025-12-05T10:00:00.000000Z`). `metadata` holds
 * every key of the record that has no field of its own, unchanged.
 */
export interface Chunk {
  readonly chunkId: string;
  readonly documentId: string | null;
  readonly chapterTitle: string | null;
  /** An integer in the range of a Postgres `integer`. */
  readonly pageNumber: number | null;
  readonly text: string;
  readonly createdAt: string | null;
  readonly metadata: JsonObject;
}

/** A chunk with its ids and hashes in one corpus: what both stores should hold, and the row of the metadata table. */
export interface IndexedChunk extends Chunk {
  readonly pointId: string;
  readonly contentHash: string;
  readonly embeddingKey: string;
}

/** Why a record was not accepted. */
export type RejectCode =
  | 'not-json'
  | 'bad-row'
  | 'bad-action'
  | 'not-an-object'
  | 'missing-id'
  | 'bad-id'
  | 'missing-text'
  | 'bad-text'
  | 'alias-conflict'
  | 'key-conflict'
  | 'bad-metadata'
  | 'bad-field'
  | 'unsafe-number'
  | 'nul'
  | 'lone-surrogate'
  | 'forbidden-key'
  | 'too-deep'
  | 'too-long'
  | 'too-large'
  | 'duplicate-id';

/** What is wrong with a record, without its place in the input. `chunkId` is set if the id could be read. */
export interface Rejection {
  readonly code: RejectCode;
  readonly field: string | null;
  readonly message: string;
  readonly chunkId?: string;
}
