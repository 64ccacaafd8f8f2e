import { stateAt } from './balanced.ts';
import { spaceEnd } from './scan-bytes.ts';

/** How records stand in JSON: one on each line, or as values that may span lines. */
export type JsonLayout = 'lines' | 'values';

const LF = 0x0a;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/** Bytes after which a value goes on in the next line: an opening bracket, a comma, a colon. */
const GOES_ON = new Set([OPEN_BRACE, OPEN_BRACKET, 0x2c, 0x3a]);

const utf8 = new TextDecoder();

/**
 * Tells the layout of JSON that starts with a brace or a bracket from its first lines; undefined where more bytes are
 * needed. A name that says lines is believed where a line can be a record, even a broken one; what spans lines, or
 * stands several to a line, is read as values whatever the name.
 */
export function jsonLayout(head: Uint8Array, whole: boolean, named: boolean): JsonLayout | undefined {
  const isArray = head[0] === OPEN_BRACKET;
  if (isArray && !named) return 'values';
  const end = head.indexOf(LF);
  if (end < 0 && !whole) return undefined;
  const line = end < 0 ? head : head.subarray(0, end);
  const more = head.subarray(spaceEnd(head, line.length));
  if (isJson(line)) {
    if (!named) return 'values';
    if (!isArray) return 'lines';
    if (more.length === 0 && !whole) return undefined;
    return more.length > 0 ? 'lines' : 'values';
  }
  const { depth, inString, firstEnd } = stateAt(line);
  if (isArray) return depth > 0 && !inString ? 'values' : 'lines';
  if (depth > 0 && !inString && end >= 0 && GOES_ON.has(line[lastByte(line)] as number)) return 'values';
  if (!named) {
    if (more.indexOf(LF) < 0 && !whole) return undefined;
    return isObject(more.subarray(0, lineLength(more))) ? 'lines' : 'values';
  }
  return firstEnd !== undefined && line[spaceEnd(line, firstEnd)] === OPEN_BRACE ? 'values' : 'lines';
}

/** Whether one of the lines is an object by itself. */
export function holdsObject(head: Uint8Array): boolean {
  for (let rest = head; rest.length > 0; rest = rest.subarray(lineLength(rest) + 1))
    if (rest[0] === OPEN_BRACE && isObject(rest.subarray(0, lineLength(rest)))) return true;
  return false;
}

function lineLength(bytes: Uint8Array): number {
  const end = bytes.indexOf(LF);
  return end < 0 ? bytes.length : end;
}

function lastByte(line: Uint8Array): number {
  let last = line.length - 1;
  while (last >= 0 && spaceEnd(line.subarray(0, last + 1), last) > last) last -= 1;
  return last;
}

function isObject(line: Uint8Array): boolean {
  return line[0] === OPEN_BRACE && isJson(line);
}

function isJson(line: Uint8Array): boolean {
  try {
    JSON.parse(utf8.decode(line));
    return true;
  } catch {
    return false;
  }
}
