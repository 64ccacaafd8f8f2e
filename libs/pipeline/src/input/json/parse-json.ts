import { IndexingError, type JsonValue } from '@lockstep/model';
import { recordNumber } from '../record-place.ts';
import { malformed } from './scan-cursor.ts';
import { endsInside, isBalanced } from './balanced.ts';
import { mayHoldLargeInteger, withLargeIntegersAsText, withoutNonFinite } from './number-spellings.ts';
import type { RawRecord } from './raw-record.ts';

/** Why a record has no value, though the input around it is sound. */
export interface RecordProblem {
  readonly code: 'not-json' | 'bad-row' | 'bad-action';
  readonly message: string;
}

interface Parsed {
  readonly value: JsonValue | undefined;
  /** NaN, Infinity and -Infinity that became null. */
  readonly nonFinite: number;
  /** Integers beyond 2^53 that became their digits. @default 0 */
  readonly largeIntegers?: number;
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
 * several, or the input may be cut, and it is `input-malformed`. Where it is to be `exact`, integers beyond 2^53 become
 * their digits as text, since a number would round them.
 */
export function parseRaw(raw: RawRecord, exact: boolean): Parsed {
  const { bytes, line, index } = raw;
  if (bytes === undefined) return { value: undefined, nonFinite: 0 };
  const text = decoded(bytes, line, index);
  const found = parsedText(text);
  if (!('error' in found)) {
    const digits = exact && mayHoldLargeInteger(bytes) ? withLargeIntegersAsText(text) : undefined;
    if (digits === undefined || digits.count === 0) return found as Parsed;
    return { ...(parsedText(digits.text) as Parsed), largeIntegers: digits.count };
  }
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
      record === undefined
        ? `a value that starts on line ${line}`
        : `record ${recordNumber(record)}, which starts on line ${line}`;
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

/** The message of the parser, without the piece of the text that some engines quote. */
function parserMessage(error: unknown): string {
  return String(error instanceof Error ? error.message : error)
    .split(/, ?"|, \.\.\./, 1)
    .join('')
    .slice(0, 120);
}
