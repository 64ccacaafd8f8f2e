import { packByBytes, rowBytes, STATEMENT_BYTES, type IndexedChunk } from '@lockstep/model';

/** Bytes of one request as JSON, estimated from above; larger ones are not faster. A row that is heavier goes alone. */
export const REQUEST_BYTES_MAX = 4 * 1024 * 1024;

/** Groups rows into requests. */
export function packRows(rows: readonly IndexedChunk[]): IndexedChunk[][] {
  return packByBytes(rows, REQUEST_BYTES_MAX - STATEMENT_BYTES, rowBytes);
}
