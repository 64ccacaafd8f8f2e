/*
 * Numbers that a JSON text spells and `JSON.parse` refuses or rounds, put into a form that it keeps. The text is changed
 * rather than read with a reviver, since not every runtime hands a reviver the source of a number.
 */

/** What Python's json.dump writes and JSON does not have. */
const NON_FINITE = /-?\bInfinity\b|\bNaN\b/g;

/** Digits of the smallest integer that a number rounds, 2^53 + 1. */
const LARGE_DIGITS = 16;

/** An integer of so many digits, without a fraction or an exponent. */
const LARGE_INTEGER = /(?<![\w.+-])-?[1-9]\d{15,}(?![\w.+])/g;

const DOT = 0x2e;

/** What a number of an array or an object follows: white space, a comma, a minus, a colon or a bracket. */
const START: ReadonlySet<number | undefined> = new Set([0x20, 0x09, 0x0a, 0x0d, 0x2c, 0x2d, 0x3a, 0x5b]);

/** Puts null in place of numbers that are none, outside strings. */
export function withoutNonFinite(text: string): { text: string; count: number } {
  return replacedOutsideStrings(text, NON_FINITE, () => 'null');
}

/** Puts integers beyond 2^53 in quotes, outside strings. For JSON alone: a bare key, which JSON does not have, would become one. */
export function withLargeIntegersAsText(text: string): { text: string; count: number } {
  return replacedOutsideStrings(text, LARGE_INTEGER, (digits) =>
    Number.isSafeInteger(Number(digits)) ? digits : `"${digits}"`,
  );
}

/** Whether some bytes may hold an integer beyond 2^53; false costs a look at every 16th byte. */
export function mayHoldLargeInteger(bytes: Uint8Array): boolean {
  for (let at = LARGE_DIGITS - 1; at < bytes.length; at += LARGE_DIGITS) {
    if (!isDigit(bytes[at])) continue;
    let start = at;
    while (start > 0 && isDigit(bytes[start - 1])) start -= 1;
    let end = at + 1;
    while (end < bytes.length && isDigit(bytes[end])) end += 1;
    if (end - start >= LARGE_DIGITS && START.has(bytes[start - 1]) && bytes[end] !== DOT) return true;
    at = end - 1 - ((end - 1 - at) % LARGE_DIGITS);
  }
  return false;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function replacedOutsideStrings(
  text: string,
  pattern: RegExp,
  replace: (found: string) => string,
): { text: string; count: number } {
  const pieces: string[] = [];
  let count = 0;
  const counted = (found: string): string => {
    const other = replace(found);
    if (other !== found) count += 1;
    return other;
  };
  for (let at = 0; at < text.length;) {
    const quote = text.indexOf('"', at);
    const outside = text.slice(at, quote < 0 ? text.length : quote);
    pieces.push(outside.replace(pattern, counted));
    if (quote < 0) break;
    at = closingQuote(text, quote) + 1;
    pieces.push(text.slice(quote, at));
  }
  return { text: pieces.join(''), count };
}

function closingQuote(text: string, opening: number): number {
  for (let at = text.indexOf('"', opening + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (text[at - 1 - escapes] === '\\') escapes += 1;
    if (escapes % 2 === 0) return at;
  }
  return text.length;
}
