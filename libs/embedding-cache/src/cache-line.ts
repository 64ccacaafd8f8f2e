import { crc32 } from 'node:zlib';
import type { CacheEntry } from '@lockstep/model';

/*
 * One line of the cache, and of a slice of it:
 *
 *   {"key":"<64 hex digits>","vector":"<base64 of little-endian float32>","crc32":"<8 hex digits>"}
 *
 * A recovered vector (read back from a store and so normalised, not from the embedding service) has the name `"copied"`
 * in place of `"vector"`; no other name is valid.
 *
 * The checksum is over everything before `,"crc32"`, the name included. All lines of one model are equally long, so
 * that the number of a line gives its place in the file.
 */

/** The start of every line; it occurs nowhere else in a line. */
export const LINE_HEAD = '{"key":"';
const KEY_BYTES = 64;
const PAID = '","vector":"';
const RECOVERED = '","copied":"';
const NAME_AT = LINE_HEAD.length + KEY_BYTES;
const VECTOR_AT = NAME_AT + PAID.length;
const TAIL = '","crc32":"';
const CRC_DIGITS = 8;
const END = '"}\n';

/** Offset of the key in a line, in bytes. */
export const KEY_AT = LINE_HEAD.length;
export const KEY_LENGTH = KEY_BYTES;

function base64Bytes(dimensions: number): number {
  return Math.ceil((dimensions * 4) / 3) * 4;
}

/** Bytes of a line, with its line feed. */
export function lineBytes(dimensions: number): number {
  return VECTOR_AT + base64Bytes(dimensions) + TAIL.length + CRC_DIGITS + END.length;
}

export function encodeLine({ key, vector, isRecovered = false }: CacheEntry): string {
  const base64 = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');
  const body = `${LINE_HEAD}${key}${isRecovered ? RECOVERED : PAID}${base64}"`;
  return `${body}${TAIL.slice(1)}${hex(crc32(body))}${END}`;
}

/** Key and mark of a line whose checksum is right. */
export interface CheckedLine {
  readonly key: string;
  /** True for a vector that was read back from a store. */
  readonly isRecovered: boolean;
}

/** Checks a whole line; undefined when it is damaged. */
export function checkLine(line: Buffer, dimensions: number): CheckedLine | undefined {
  const bodyBytes = VECTOR_AT + base64Bytes(dimensions) + 1;
  if (line.length !== lineBytes(dimensions) || line.toString('latin1', 0, LINE_HEAD.length) !== LINE_HEAD)
    return undefined;
  const body = line.subarray(0, bodyBytes);
  if (line.toString('latin1', bodyBytes) !== `${TAIL.slice(1)}${hex(crc32(body))}${END}`) return undefined;
  const name = line.toString('latin1', NAME_AT, VECTOR_AT);
  if (name !== PAID && name !== RECOVERED) return undefined;
  return { key: line.toString('latin1', KEY_AT, NAME_AT), isRecovered: name === RECOVERED };
}

/** The vector of a line that was checked. */
export function vectorOf(line: Buffer, dimensions: number): Float32Array {
  const bytes = Buffer.allocUnsafeSlow(dimensions * 4);
  bytes.write(line.toString('latin1', VECTOR_AT, VECTOR_AT + base64Bytes(dimensions)), 'base64');
  return new Float32Array(bytes.buffer, 0, dimensions);
}

function hex(checksum: number): string {
  return checksum.toString(16).padStart(CRC_DIGITS, '0');
}
