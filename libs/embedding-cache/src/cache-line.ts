import { crc32 } from 'node:zlib';

/*
 * One line of the cache, and of a slice of it:
 *
 *   {"key":"<64 hex digits>","vector":"<base64 of little-endian float32>","crc32":"<8 hex digits>"}
 *
 * The checksum is over everything before `,"crc32"`. All lines of one model are equally long, so that a line is found
 * by its number.
 */
const HEAD = '{"key":"';
const KEY_BYTES = 64;
const MIDDLE = '","vector":"';
const VECTOR_AT = HEAD.length + KEY_BYTES + MIDDLE.length;
const TAIL = '","crc32":"';
const CRC_DIGITS = 8;
const END = '"}\n';

/** Where the key stands in a line. */
export const KEY_AT = HEAD.length;
export const KEY_LENGTH = KEY_BYTES;

function base64Bytes(dimensions: number): number {
  return Math.ceil((dimensions * 4) / 3) * 4;
}

/** Bytes of a line, with its line feed. */
export function lineBytes(dimensions: number): number {
  return VECTOR_AT + base64Bytes(dimensions) + TAIL.length + CRC_DIGITS + END.length;
}

export function encodeLine(key: string, vector: Float32Array): string {
  const base64 = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');
  const body = `${HEAD}${key}${MIDDLE}${base64}"`;
  return `${body}${TAIL.slice(1)}${hex(crc32(body))}${END}`;
}

/** The key of a whole line, or undefined where the line is damaged. */
export function checkedKey(line: Buffer, dimensions: number): string | undefined {
  const bodyBytes = VECTOR_AT + base64Bytes(dimensions) + 1;
  if (line.length !== lineBytes(dimensions) || line.toString('latin1', 0, HEAD.length) !== HEAD) return undefined;
  const body = line.subarray(0, bodyBytes);
  if (line.toString('latin1', bodyBytes) !== `${TAIL.slice(1)}${hex(crc32(body))}${END}`) return undefined;
  return line.toString('latin1', KEY_AT, KEY_AT + KEY_BYTES);
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
