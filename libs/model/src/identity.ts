import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { v5 as uuidV5 } from 'uuid';
import type { Chunk } from './chunk.ts';
import { canonicalJson } from './json.ts';
import { utf8View } from './utf8-bytes.ts';

/** Namespace of all point ids. Changing it, or a recipe in this file, orphans all that is in the stores. */
const POINT_NAMESPACE = '8d6e1f0a-3b52-5c57-9a44-6f1c0b7e2d93';

/** The embedder that a vector comes from; vectors of different identities are never compared or mixed. */
export interface EmbedderIdentity {
  readonly model: string;
  /** Host (and port) of a service other than OpenAI, where a model name may mean another model; null for OpenAI. */
  readonly host: string | null;
  readonly dimensions: number;
}

/** SHA-256 of a text's UTF-8, in 64 hex digits. */
export function sha256Hex(text: string): string {
  return bytesToHex(sha256(utf8View(text)));
}

/**
 * The id of a chunk in both stores: UUIDv5 over the JSON array `[corpus, chunk_id]`, lower case. The same chunk id in
 * two corpora gives two ids; ids are compared as they are, without Unicode normalisation.
 */
export function pointIdOf(corpus: string, chunkId: string): string {
  return uuidV5(JSON.stringify([corpus, chunkId]), POINT_NAMESPACE);
}

/** SHA-256 over every field of a chunk that a reader sees, as a JSON array of its parts, in 64 hex digits. */
export function contentHashOf(chunk: Chunk): string {
  const fields = JSON.stringify([
    'lockstep.chunk/1',
    chunk.chunkId,
    chunk.documentId,
    chunk.chapterTitle,
    chunk.pageNumber,
    chunk.text,
    chunk.createdAt,
  ]);
  return sha256Hex(`${fields.slice(0, -1)},${canonicalJson(chunk.metadata)}]`);
}

/** SHA-256 over the embedder's identity and the text exactly as sent: equal keys need one embedding. 64 hex digits. */
export function embeddingKeyOf(embedder: EmbedderIdentity, text: string): string {
  return sha256Hex(JSON.stringify(['lockstep.embedding/1', embedder.model, embedder.host, embedder.dimensions, text]));
}

/** How a text that is too long is cut into windows. */
export interface WindowShape {
  /** Tokens of a window, at most. */
  readonly windowTokens: number;
  /** About how many tokens of its end a window has in common with the next. */
  readonly overlapTokens: number;
}

/**
 * SHA-256 over the embedder's identity, the shape of the windows and the whole text: names the mean of the vectors of the
 * text's windows, each of which has the embedding key of its own text. 64 hex digits.
 */
export function windowsKeyOf(embedder: EmbedderIdentity, shape: WindowShape, text: string): string {
  const { model, host, dimensions } = embedder;
  const { windowTokens, overlapTokens } = shape;
  return sha256Hex(JSON.stringify(['lockstep.windows/1', model, host, dimensions, windowTokens, overlapTokens, text]));
}

/** Computes the SHA-256 of a text that comes in parts. */
export function createDigest(): { update(text: string): void; hex(): string } {
  const hash = sha256.create();
  return {
    update: (text) => void hash.update(utf8View(text)),
    hex: () => bytesToHex(hash.digest()),
  };
}
