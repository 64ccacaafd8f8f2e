import type { Chunk } from './chunk.ts';
import { utf8Bytes } from './utf8-bytes.ts';

/** Room for the texts of the statements of one write, its corpus, and a second copy of a chunk id. */
export const STATEMENT_BYTES = 16 * 1024;

/**
 * Size of the largest row, as `rowBytes` estimates it: a row is never split, and the published proxy of Neon refuses
 * requests over 10 MiB; the hosted one was seen to accept 64 MB (https://github.com/neondatabase/website/pull/2434,
 * 2024-11).
 */
export const ROW_BYTES_MAX = 10 * 1024 * 1024 - STATEMENT_BYTES;

/** Room for the ids, hashes, numbers and punctuation of a row. */
const FIXED_BYTES = 600;

/** Most bytes of a UTF-16 unit: a control character becomes `\u0001`, whose backslash is quoted again. */
const QUOTED_TWICE_BYTES_MAX = 7;

/** Upper estimate of the bytes of a chunk's row in a request to Postgres. */
export function rowBytes(chunk: Chunk): number {
  return measure(chunk).bytes;
}

/**
 * The size of a row that is larger than `ROW_BYTES_MAX`, with the largest field of its record; undefined if it fits.
 */
export function rowTooLarge(chunk: Chunk): { readonly bytes: number; readonly field: string } | undefined {
  // A cheap bound first: measuring quotes every text, and nearly all chunks are small.
  const texts = Object.values(textsOf(chunk));
  const units = texts.reduce((sum, text) => sum + text.length, texts.length);
  if (FIXED_BYTES + units * QUOTED_TWICE_BYTES_MAX <= ROW_BYTES_MAX) return undefined;
  const measured = measure(chunk);
  return measured.bytes > ROW_BYTES_MAX ? measured : undefined;
}

function measure(chunk: Chunk): { readonly bytes: number; readonly field: string } {
  const sizes = Object.entries(textsOf(chunk)).map(([field, text]) => ({ field, bytes: quotedTwice(text) }));
  const largest = sizes.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  return { bytes: sizes.reduce((sum, { bytes }) => sum + bytes, FIXED_BYTES), field: largest.field };
}

/** The fields of a row that may be of any length, by their names in a record. */
function textsOf({ chunkId, documentId, chapterTitle, text, metadata }: Chunk): Readonly<Record<string, string>> {
  return {
    text,
    metadata: JSON.stringify(metadata),
    chunk_id: chunkId,
    document_id: documentId ?? '',
    chapter_title: chapterTitle ?? '',
  };
}

/** A text is quoted as an element of a Postgres array, and that array as JSON; that is never longer than JSON twice. */
function quotedTwice(text: string): number {
  return utf8Bytes(JSON.stringify(JSON.stringify(text)));
}
