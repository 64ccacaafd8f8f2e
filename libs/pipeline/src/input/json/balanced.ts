import { spaceEnd, stringEnd } from './scan-bytes.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** The start of the next record, where a quote too many turned it into the end of a string. */
const RECORD_BORDER = /,\s*\{\s*$/;

/** Characters that a border has at most, white space included; what is looked at for it. */
const BORDER_UNITS = 200;

const ascii = new TextDecoder('latin1');

/**
 * Whether bytes that are no JSON are still one value: its brackets close in their order, its strings are closed, no
 * object stands where a key must, and no string swallowed the border between two records.
 */
export function isBalanced(bytes: Uint8Array): boolean {
  const first = bytes[0];
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET && first !== QUOTE) return false;
  const open: number[] = [];
  let before = 0;
  for (let at = 0; at < bytes.length; at = spaceEnd(bytes, at)) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) {
      const end = stringEnd(bytes, at + 1);
      if (end >= bytes.length) return false;
      if (RECORD_BORDER.test(ascii.decode(bytes.subarray(Math.max(at + 1, end - BORDER_UNITS), end)))) return false;
      at = end;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (before === COMMA && open.at(-1) === OPEN_BRACE) return false;
      open.push(byte);
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (open.pop() !== (byte === CLOSE_BRACE ? OPEN_BRACE : OPEN_BRACKET)) return false;
    }
    before = byte;
    at += 1;
  }
  return open.length === 0;
}

/** Whether the last line of the input stops before its record does: it is cut, and more records may be missing. */
export function endsInside(bytes: Uint8Array): boolean {
  let last = bytes.length - 1;
  while (last >= 0 && spaceEnd(bytes, last) > last) last -= 1;
  if (bytes[last] !== CLOSE_BRACE && bytes[last] !== CLOSE_BRACKET) return true;
  const { depth, inString } = stateAt(bytes);
  return depth > 0 && !inString;
}

/** How deep the end of some bytes lies in brackets, whether in a string, and where the first value ended. */
export function stateAt(bytes: Uint8Array): { depth: number; inString: boolean; firstEnd: number | undefined } {
  let depth = 0;
  let firstEnd: number | undefined;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = stringEnd(bytes, at + 1);
      if (at >= bytes.length) return { depth, inString: true, firstEnd };
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth -= 1;
      if (depth === 0) firstEnd ??= at + 1;
    }
  }
  return { depth, inString: false, firstEnd };
}
