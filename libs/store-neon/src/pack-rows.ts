import { packByBytes, utf8Bytes, type Row } from '@lockstep/model';

/**
 * Bytes of one statement as JSON, estimated from above. Neon's proxy as published refuses requests over 10 MiB, the hosted
 * one over 64 MB (https://github.com/neondatabase/website/pull/2434, 2024-11); larger statements are not faster.
 */
export const STATEMENT_BYTES_MAX = 4 * 1024 * 1024;

/** Ids, hashes, numbers and punctuation of a row, and a share of the statement itself. */
const ROW_BYTES = 600;

/** Groups rows into statements. */
export function packRows(rows: readonly Row[]): Row[][] {
  return packByBytes(rows, STATEMENT_BYTES_MAX - ROW_BYTES, bytesOf);
}

function bytesOf({ chunkId, documentId, chapterTitle, text, metadata }: Row): number {
  return (
    ROW_BYTES +
    quotedTwice(text) +
    quotedTwice(JSON.stringify(metadata)) +
    quotedTwice(chunkId) +
    quotedTwice(documentId ?? '') +
    quotedTwice(chapterTitle ?? '')
  );
}

/** A text is quoted as an element of a Postgres array, and that array as JSON; quoting as JSON twice is never shorter. */
function quotedTwice(text: string): number {
  return utf8Bytes(JSON.stringify(JSON.stringify(text)));
}
