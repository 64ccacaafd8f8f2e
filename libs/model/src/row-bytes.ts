import type { Chunk } from './chunk.ts';
import { utf8Bytes } from './utf8-bytes.ts';

/** Texts of the statements of one write, its corpus, and the id of a chunk a second time. */
export const STATEMENT_BYTES = 16 * 1024;

/**
 * Bytes of the heaviest row, as `rowBytes` weighs it: a row is never split, and Neon's proxy as published refuses
 * requests over 10 MiB; the hosted one was seen to take 64 MB (https://github.com/neondatabase/website/pull/2434,
 * 2024-11).
 */
export const ROW_BYTES_MAX = 10 * 1024 * 1024 - STATEMENT_BYTES;

/** Ids, hashes, numbers and punctuation of a row. */
const FIXED_BYTES = 600;

/** A control character, `\u0001`, whose backslash is quoted again. */
const QUOTED_TWICE_BYTES_MAX = 7;

/** Bytes of a chunk's row in a request to Postgres, estimated from above. */
export function rowBytes(chunk: Chunk): number {
  return weigh(chunk).bytes;
}

/** The weight of a chunk whose row is heavier than `ROW_BYTES_MAX`, with the heaviest field of its record. */
export function rowTooLarge(chunk: Chunk): { readonly bytes: number; readonly field: string } | undefined {
  // Weighing quotes every text anew, and nearly all chunks are small.
  const texts = Object.values(textsOf(chunk));
  const units = texts.reduce((sum, text) => sum + text.length, texts.length);
  if (FIXED_BYTES + units * QUOTED_TWICE_BYTES_MAX <= ROW_BYTES_MAX) return undefined;
  const weighed = weigh(chunk);
  return weighed.bytes > ROW_BYTES_MAX ? weighed : undefined;
}

function weigh(chunk: Chunk): { readonly bytes: number; readonly field: string } {
  const weights = Object.entries(textsOf(chunk)).map(([field, text]) => ({ field, bytes: quotedTwice(text) }));
  const heaviest = weights.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  return { bytes: weights.reduce((sum, { bytes }) => sum + bytes, FIXED_BYTES), field: heaviest.field };
}

/** What a row holds that may be of any length, by the names that a record has for it. */
function textsOf({ chunkId, documentId, chapterTitle, text, metadata }: Chunk): Readonly<Record<string, string>> {
  return {
    text,
    metadata: JSON.stringify(metadata),
    chunk_id: chunkId,
    document_id: documentId ?? '',
    chapter_title: chapterTitle ?? '',
  };
}

/** A text is quoted as an element of a Postgres array, and that array as JSON; quoting as JSON twice is never shorter. */
function quotedTwice(text: string): number {
  return utf8Bytes(JSON.stringify(JSON.stringify(text)));
}
