import { utf8Bytes, type IndexedChunk } from '@lockstep/model';
import { encodeChunkLine, encodeHeldLine, hashesOf } from './chunk-line.ts';

/** An entry of the sorter: an accepted chunk with its line of `chunks.jsonl`, or a rejected record with its line of `held.jsonl`. */
export interface Entry {
  readonly pointId: string;
  readonly index: number;
  readonly line: string;
  readonly inputLine: number;
  readonly isIdDerived: boolean;
  /** What is known of an accepted chunk without parsing its line; undefined for a rejected record. */
  readonly chunk: EntryChunk | undefined;
}

interface EntryChunk {
  readonly contentHash: string;
  readonly embeddingKey: string;
  readonly textBytes: number;
  readonly hasDocument: boolean;
}

/*
 * Entries sort by point id, then by position in the input:
 * `<point id> <index> <input line> <d or -> <json> <bytes of the text> <t, f or ->`, the numbers padded. `d` says that the id
 * was derived. The JSON is the line of the chunk in `chunks.jsonl`, or of the record in `held.jsonl`. `t` is a chunk that
 * names a document, `f` one that does not, `-` a rejected record. All but the JSON have the same lengths in every entry.
 */
const NUMBER_DIGITS = 12;
const POINT_ID_UNITS = 36;
const DERIVED_AT = POINT_ID_UNITS + 2 * (NUMBER_DIGITS + 1) + 1;
const HEAD_UNITS = DERIVED_AT + 2;
const TAIL_UNITS = 1 + NUMBER_DIGITS + 2;

/** Where a record stood in the input, and whether its id was derived. */
interface Position {
  readonly index: number;
  readonly line: number;
  readonly isIdDerived?: boolean;
}

function headOf(pointId: string, { index, line, isIdDerived = false }: Position): string {
  return `${pointId} ${padded(index)} ${padded(line)} ${isIdDerived ? 'd' : '-'} `;
}

function tailOf(chunk: Pick<EntryChunk, 'textBytes' | 'hasDocument'> | undefined): string {
  return ` ${padded(chunk?.textBytes ?? 0)} ${chunk === undefined ? '-' : chunk.hasDocument ? 't' : 'f'}`;
}

function padded(value: number): string {
  return String(value).padStart(NUMBER_DIGITS, '0');
}

export function encodeEntry(record: Position, chunk: IndexedChunk): string {
  const tail = tailOf({ textBytes: utf8Bytes(chunk.text), hasDocument: chunk.documentId !== null });
  return headOf(chunk.pointId, record) + encodeChunkLine(chunk) + tail;
}

export function encodeHeldEntry(record: Position, pointId: string, chunkId: string): string {
  return headOf(pointId, record) + encodeHeldLine({ pointId, chunkId }) + tailOf(undefined);
}

/** The line of an entry that was read back. */
export function encodeEntryLine({ pointId, index, inputLine, isIdDerived, line, chunk }: Entry): string {
  return headOf(pointId, { index, line: inputLine, isIdDerived }) + line + tailOf(chunk);
}

export function decodeEntry(text: string): Entry {
  const line = text.slice(HEAD_UNITS, -TAIL_UNITS);
  const document = text.at(-1);
  return {
    pointId: text.slice(0, POINT_ID_UNITS),
    index: Number(text.slice(POINT_ID_UNITS + 1, POINT_ID_UNITS + 1 + NUMBER_DIGITS)),
    inputLine: Number(text.slice(POINT_ID_UNITS + 2 + NUMBER_DIGITS, DERIVED_AT - 1)),
    isIdDerived: text.charAt(DERIVED_AT) === 'd',
    line,
    chunk:
      document === '-'
        ? undefined
        : {
            ...hashesOf(line),
            textBytes: Number(text.slice(1 - TAIL_UNITS, -2)),
            hasDocument: document === 't',
          },
  };
}

/** The id of an entry's chunk or record; parses its line. */
export function chunkIdOf({ line }: Entry): string {
  return (JSON.parse(line) as { readonly chunk_id: string }).chunk_id;
}
