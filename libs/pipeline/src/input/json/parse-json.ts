import { IndexingError, type JsonValue } from '@lockstep/model';
import { malformed } from './scan-cursor.ts';
import { endsInside, isBalanced } from './balanced.ts';
import type { RawRecord } from './raw-record.ts';

/** Why a record has no value, though the input around it is sound. */
export interface RecordProblem {
  readonly code: 'not-json' | 'bad-row';
  readonly message: string;
}

interface Parsed {
  readonly value: JsonValue | undefined;
  /** NaN, Infinity and -Infinity that became null. */
  readonly nonFinite: number;
  readonly problem?: RecordProblem;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Parses the bytes of a value beside the records. Fails with `input-encoding` and `input-malformed`. */
export function parseBeside(bytes: Uint8Array, line: number): unknown {
  const text = decoded(bytes, line);
  const found = parsedText(text);
  if ('error' in found) throw malformed(`not JSON (${parserMessage(found.error)})`, line);
  return found.value;
}

/**
 * Parses a record. One that is no JSON is a problem of its own where what surrounds it is sound; otherwise it may be
 * several, or the input may be cut, and it is `input-malformed`.
 */
export function parseRaw(raw: RawRecord): Parsed {
  const { bytes, line, index } = raw;
  if (bytes === undefined) return { value: undefined, nonFinite: 0 };
  const found = parsedText(decoded(bytes, line, index));
  if (!('error' in found)) return found as Parsed;
  const words = parserMessage(found.error);
  if (raw.end === 'input-end' && endsInside(bytes))
    throw malformed(`not JSON (${words}); the input ends in the middle of it`, line, index);
  if (raw.end === 'value-end' && !isBalanced(bytes)) throw malformed(`not JSON (${words})`, line, index);
  const message = `expected JSON (${words}); the record starts at byte ${raw.offset}`;
  return { value: undefined, nonFinite: 0, problem: { code: 'not-json', message } };
}

function decoded(bytes: Uint8Array, line: number, record?: number): string {
  try {
    return utf8.decode(bytes);
  } catch {
    const where =
      record === undefined ? `a value that starts on line ${line}` : `record ${record}, which starts on line ${line}`;
    throw new IndexingError({ code: 'input-encoding', message: `Expected UTF-8, found other bytes in ${where}.` });
  }
}

function parsedText(text: string): { value: unknown; nonFinite: number } | { error: unknown } {
  try {
    return { value: JSON.parse(text), nonFinite: 0 };
  } catch (error) {
    const finite = withoutNonFinite(text);
    if (finite.count === 0) return { error };
    try {
      return { value: JSON.parse(finite.text), nonFinite: finite.count };
    } catch {
      return { error };
    }
  }
}

/** What Python's json.dump writes and JSON does not have. */
const NON_FINITE = /-?\bInfinity\b|\bNaN\b/g;

/** Puts null in place of numbers that are none, outside strings. */
function withoutNonFinite(text: string): { text: string; count: number } {
  const pieces: string[] = [];
  let count = 0;
  const counted = (): string => {
    count += 1;
    return 'null';
  };
  for (let at = 0; at < text.length;) {
    const quote = text.indexOf('"', at);
    const outside = text.slice(at, quote < 0 ? text.length : quote);
    pieces.push(outside.replace(NON_FINITE, counted));
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

/** The message of the parser, without the piece of the text that some engines quote. */
function parserMessage(error: unknown): string {
  return String(error instanceof Error ? error.message : error)
    .split(/, ?"|, \.\.\./, 1)
    .join('')
    .slice(0, 120);
}
