/*
 * The inner loops of the scanner. Each looks at one block from a position and returns where it stopped; the length of the
 * block says that it did not find the end. They are not part of the coroutine because code in a coroutine takes ten times as long a byte.
 */

const LF = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const isSpace = (byte: number): boolean => byte === 0x20 || byte === LF || byte === 0x0d || byte === 0x09;

/** The first byte that is no white space of JSON. */
export function spaceEnd(block: Uint8Array, from: number): number {
  let at = from;
  while (at < block.length && isSpace(block[at] as number)) at += 1;
  return at;
}

/** Bytes of a string that are looked at one by one before the search takes over, which is quicker in long stretches. */
const NEAR_BYTES = 64;

/** The closing quote of a string; one more than the block's length where the last byte escapes the next block's first. */
export function stringEnd(block: Uint8Array, from: number): number {
  let at = from;
  let quote = -1;
  for (;;) {
    for (const near = Math.min(at + NEAR_BYTES, block.length); at < near; at += 1) {
      const byte = block[at];
      if (byte === QUOTE) return at;
      if (byte === BACKSLASH) at += 1;
    }
    if (at >= block.length) return at;
    // A quote that was found is searched for again only once it is passed, so that no byte is searched twice.
    if (quote < at) quote = block.indexOf(QUOTE, at);
    if (quote < 0) quote = block.length;
    const escape = block.subarray(at, quote).indexOf(BACKSLASH);
    if (escape < 0) return quote;
    at += escape;
  }
}

/** The first byte after a number or a word. */
export function scalarEnd(block: Uint8Array, from: number): number {
  let at = from;
  for (; at < block.length; at += 1) {
    const byte = block[at] as number;
    if (isSpace(byte) || byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET) return at;
  }
  return at;
}

/** The next quote, or the byte after the bracket that closes the outermost level; and how many levels are open there. */
export function nestingEnd(block: Uint8Array, from: number, depthBefore: number): { end: number; depth: number } {
  let depth = depthBefore;
  for (let at = from; at < block.length; at += 1) {
    const byte = block[at];
    if (byte === QUOTE) return { end: at, depth };
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth -= 1;
      if (depth === 0) return { end: at + 1, depth };
    }
  }
  return { end: block.length, depth };
}

/** Line feeds among the bytes. */
export function linesIn(block: Uint8Array, from: number, to: number): number {
  let lines = 0;
  for (let at = from; at < to; at += 1) if (block[at] === LF) lines += 1;
  return lines;
}
