import { packByBytes, rowBytes, STATEMENT_BYTES, type IndexedChunk } from '@lockstep/model';

/** Most bytes of one request as JSON, an upper estimate; larger requests are not faster. A larger row goes alone. */
export const REQUEST_BYTES_MAX = 4 * 1024 * 1024;

/** Groups rows into requests. */
export function packRows(rows: readonly IndexedChunk[]): IndexedChunk[][] {
  return packByBytes(rows, REQUEST_BYTES_MAX - STATEMENT_BYTES, rowBytes);
}
