import { utf8Bytes, type IndexedChunk } from '@lockstep/model';
import { encodeChunkLine, encodeHeldLine } from './chunk-line.ts';

/** An entry of the sorter: an accepted chunk with its line of `chunks.jsonl`, or the id of a rejected record. */
export interface Entry {
  readonly pointId: string;
  readonly chunkId: string;
  readonly index: number;
  readonly line: string;
  readonly inputLine: number;
  readonly isIdDerived: boolean;
  readonly chunk:
    | {
        readonly pointId: string;
        readonly contentHash: string;
        readonly embeddingKey: string;
        readonly textBytes: number;
        readonly hasDocument: boolean;
      }
    | undefined;
}

/*
 * Entries sort by point id, then by position in the input: `<point id> <index> <input line> <d or -> <json>`, the numbers
 * padded. `d` says that the id was derived. The JSON is the line of the chunk in `chunks.jsonl`, or of the record in `held.jsonl`.
 */
const NUMBER_DIGITS = 12;
const POINT_ID_UNITS = 36;
const DERIVED_AT = POINT_ID_UNITS + 2 * (NUMBER_DIGITS + 1) + 1;
const HEAD_UNITS = DERIVED_AT + 2;

/** Where a record stood in the input, and whether its id was derived. */
interface Position {
  readonly index: number;
  readonly line: number;
  readonly isIdDerived?: boolean;
}

function headOf(pointId: string, { index, line, isIdDerived = false }: Position): string {
  return `${pointId} ${padded(index)} ${padded(line)} ${isIdDerived ? 'd' : '-'} `;
}

function padded(value: number): string {
  return String(value).padStart(NUMBER_DIGITS, '0');
}

export function encodeEntry(record: Position, chunk: IndexedChunk): string {
  return headOf(chunk.pointId, record) + encodeChunkLine(chunk);
}

export function encodeHeldEntry(record: Position, pointId: string, chunkId: string): string {
  return headOf(pointId, record) + encodeHeldLine({ pointId, chunkId });
}

/** The line of an entry that was read back. */
export function encodeEntryLine({ pointId, index, inputLine, isIdDerived, line }: Entry): string {
  return headOf(pointId, { index, line: inputLine, isIdDerived }) + line;
}

function decodeEntry(text: string): Entry {
  const line = text.slice(HEAD_UNITS);
  const parsed = JSON.parse(line) as Record<string, string>;
  const body = parsed['text'];
  const pointId = text.slice(0, POINT_ID_UNITS);
  const contentHash = parsed['content_hash'];
  const embeddingKey = parsed['embedding_key'];
  return {
    pointId,
    chunkId: parsed['chunk_id'] as string,
    index: Number(text.slice(POINT_ID_UNITS + 1, POINT_ID_UNITS + 1 + NUMBER_DIGITS)),
    inputLine: Number(text.slice(POINT_ID_UNITS + 2 + NUMBER_DIGITS, DERIVED_AT - 1)),
    isIdDerived: text.charAt(DERIVED_AT) === 'd',
    line,
    chunk:
      contentHash === undefined || embeddingKey === undefined || body === undefined
        ? undefined
        : {
            pointId,
            contentHash,
            embeddingKey,
            textBytes: utf8Bytes(body),
            hasDocument: typeof parsed['document_id'] === 'string',
          },
  };
}

/** Decodes sorted entries, one at a time. */
export async function* decodeEntries(lines: AsyncIterable<string>): AsyncGenerator<Entry> {
  for await (const line of lines) yield decodeEntry(line);
}
