import { utf8Bytes, type IndexedChunk } from '@lockstep/model';
import { encodeChunkLine, encodeHeldLine } from './chunk-line.ts';
import type { InputRecord } from '../input/input-record.ts';

/** An entry of the sorter: an accepted chunk with its line of `chunks.jsonl`, or the id of a rejected record. */
export interface Entry {
  readonly pointId: string;
  readonly chunkId: string;
  readonly index: number;
  readonly line: string;
  readonly inputLine: number;
  readonly chunk:
    | {
        readonly pointId: string;
        readonly contentHash: string;
        readonly embeddingKey: string;
        readonly textBytes: number;
      }
    | undefined;
}

/*
 * Entries sort by point id, then by position in the input: `<point id> <index> <input line> <json>`, the numbers
 * padded. The JSON is the line of the chunk in `chunks.jsonl`, or of the record in `held.jsonl`.
 */
const NUMBER_DIGITS = 12;
const POINT_ID_UNITS = 36;
const HEAD_UNITS = POINT_ID_UNITS + 2 * (NUMBER_DIGITS + 1) + 1;

function headOf(pointId: string, { index, line }: { index: number; line: number }): string {
  return `${pointId} ${padded(index)} ${padded(line)} `;
}

function padded(value: number): string {
  return String(value).padStart(NUMBER_DIGITS, '0');
}

export function encodeEntry(record: InputRecord, chunk: IndexedChunk): string {
  return headOf(chunk.pointId, record) + encodeChunkLine(chunk);
}

export function encodeHeldEntry(record: InputRecord, pointId: string, chunkId: string): string {
  return headOf(pointId, record) + encodeHeldLine({ pointId, chunkId });
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
    inputLine: Number(text.slice(POINT_ID_UNITS + 2 + NUMBER_DIGITS, HEAD_UNITS - 1)),
    line,
    chunk:
      contentHash === undefined || embeddingKey === undefined || body === undefined
        ? undefined
        : { pointId, contentHash, embeddingKey, textBytes: utf8Bytes(body) },
  };
}

/** Decodes sorted entries, one at a time. */
export async function* decodeEntries(lines: AsyncIterable<string>): AsyncGenerator<Entry> {
  for await (const line of lines) yield decodeEntry(line);
}
