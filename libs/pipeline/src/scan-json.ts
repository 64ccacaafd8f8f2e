import { IndexingError } from '@lockstep/model';

/** One record of the input before it is parsed: its bytes, and where it stood. */
export interface RawRecord {
  /** 0-based position among the records. */
  readonly index: number;
  /** 1-based line of the input on which the record starts. */
  readonly line: number;
  /** Undefined where the record is larger than `recordBytesMax`; it was skipped without being kept. */
  readonly bytes: Uint8Array | undefined;
}

export interface ScanOptions {
  /** A record may have this many bytes; what is larger is skipped and reported. */
  readonly recordBytesMax: number;
  /** True where the file's name says JSON lines; a lone object is then a record. */
  readonly lines: boolean;
}

/** Keys under which an object may hold its records. */
export const CONTAINER_KEYS = ['chunks', 'data', 'items'] as const;

const LF = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** How a JSON value starts that is neither an array nor an object. */
const SCALAR_START = /["\-0-9tfn]/;

const isSpace = (byte: number): boolean => byte === 0x20 || byte === LF || byte === 0x0d || byte === 0x09;

/**
 * Splits a JSON array, an object with one of `chunks`, `data`, `items`, or JSON lines into records, with memory bounded
 * by one record and one block. It checks the structure around the records and leaves what is in them to `JSON.parse`.
 *
 * It is a coroutine: it yields records, and `undefined` when it wants the next block, which `next(block)` gives it; an
 * undefined block is the end.
 */
export function* scanRecords(options: ScanOptions): Generator<RawRecord | undefined, void, Uint8Array | undefined> {
  let block: Uint8Array = new Uint8Array(0);
  let position = 0;
  let line = 1;
  let ended = false;
  let index = 0;
  /** Where the bytes being kept start in this block; -1 while none are. */
  let keptFrom = -1;
  let kept: Uint8Array[] = [];
  let keptBytes = 0;

  /** Makes sure that a byte is there, or returns false at the end. */
  function* more(): Generator<undefined, boolean, Uint8Array | undefined> {
    while (position >= block.length) {
      if (ended) return false;
      if (keptFrom >= 0) keep(block.subarray(keptFrom));
      const next = yield undefined;
      ended = next === undefined;
      block = next ?? new Uint8Array(0);
      position = 0;
      backslash = -1;
      if (keptFrom >= 0) keptFrom = 0;
    }
    return true;
  }

  function keep(part: Uint8Array): void {
    keptBytes += part.length;
    if (keptBytes <= options.recordBytesMax) kept.push(part.slice());
    else kept = [];
  }

  function startKeeping(): void {
    keptFrom = position;
    kept = [];
    keptBytes = 0;
  }

  function takeKept(): Uint8Array | undefined {
    if (kept.length === 0 && keptBytes === 0) {
      const whole = block.subarray(keptFrom, position);
      keptFrom = -1;
      return whole.length <= options.recordBytesMax ? whole : undefined;
    }
    keep(block.subarray(keptFrom, position));
    keptFrom = -1;
    if (keptBytes > options.recordBytesMax) return undefined;
    const whole = new Uint8Array(keptBytes);
    let at = 0;
    for (const part of kept) {
      whole.set(part, at);
      at += part.length;
    }
    kept = [];
    return whole;
  }

  /** The next byte that is not white space, not consumed; undefined at the end. */
  function* peek(): Generator<undefined, number | undefined, Uint8Array | undefined> {
    while (position < block.length || (yield* more())) {
      const byte = block[position] as number;
      if (!isSpace(byte)) return byte;
      if (byte === LF) line += 1;
      position += 1;
    }
    return undefined;
  }

  /** Where the next backslash of this block is, so that a block without any is searched for one only once. */
  let backslash = -1;
  function nextBackslash(): number {
    if (backslash < position) {
      const found = block.indexOf(BACKSLASH, position);
      backslash = found < 0 ? block.length : found;
    }
    return backslash;
  }

  /** Consumes a string, from its opening quote through its closing one. */
  function* skipString(): Generator<undefined, void, Uint8Array | undefined> {
    position += 1;
    while (position < block.length || (yield* more())) {
      const quote = block.indexOf(QUOTE, position);
      const escape = nextBackslash();
      if (quote >= 0 && quote < escape) {
        position = quote + 1;
        return;
      }
      position = Math.min(escape + 2, block.length);
      // The escaped byte may stand in the next block.
      if (escape + 1 === block.length && (yield* more())) position += 1;
    }
    throw malformed(line, 'a string is not closed');
  }

  /** Consumes one value of any kind. */
  function* skipValue(): Generator<undefined, void, Uint8Array | undefined> {
    const first = block[position] as number;
    if (first === QUOTE) return yield* skipString();
    if (first !== OPEN_BRACE && first !== OPEN_BRACKET) {
      while (position < block.length || (yield* more())) {
        const byte = block[position] as number;
        if (isSpace(byte) || byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET) return;
        position += 1;
      }
      return;
    }
    let depth = 0;
    while (position < block.length || (yield* more())) {
      const byte = block[position] as number;
      if (byte === QUOTE) {
        yield* skipString();
        continue;
      }
      position += 1;
      if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
      else if (byte === LF) line += 1;
      else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        depth -= 1;
        if (depth === 0) return;
      }
    }
    throw malformed(line, 'the input ends in the middle of a value');
  }

  function* readValue(): Generator<undefined, Uint8Array | undefined, Uint8Array | undefined> {
    startKeeping();
    yield* skipValue();
    return takeKept();
  }

  function* readRecord(): Generator<undefined, RawRecord, Uint8Array | undefined> {
    const at = line;
    const bytes = yield* readValue();
    const record = { index, line: at, bytes };
    index += 1;
    return record;
  }

  /** The elements of an array, from its opening bracket through its closing one. */
  function* readArray(): Generator<RawRecord | undefined, void, Uint8Array | undefined> {
    position += 1;
    if ((yield* peek()) === CLOSE_BRACKET) {
      position += 1;
      return;
    }
    for (;;) {
      const byte = yield* peek();
      if (byte === undefined) throw malformed(line, 'the input ends inside the array of records');
      if (byte === COMMA || byte === CLOSE_BRACKET || byte === CLOSE_BRACE || byte === COLON) {
        throw malformed(line, `expected record ${index}, found ${quoted(byte)}`);
      }
      yield yield* readRecord();
      const after = yield* peek();
      if (after === undefined) throw malformed(line, 'the input ends inside the array of records');
      position += 1;
      if (after === CLOSE_BRACKET) return;
      if (after !== COMMA)
        throw malformed(line, `expected "," or "]" after record ${index - 1}, found ${quoted(after)}`);
    }
  }

  /** Lines of one record each; white space alone is no record. */
  function* readLines(): Generator<RawRecord | undefined, void, Uint8Array | undefined> {
    while ((yield* peek()) !== undefined) {
      const at = line;
      startKeeping();
      while (position < block.length || (yield* more())) {
        const end = block.indexOf(LF, position);
        position = end < 0 ? block.length : end;
        if (end >= 0) break;
      }
      yield { index, line: at, bytes: takeKept() };
      index += 1;
    }
  }

  /**
   * An object at the top: either a container of records, or the first line of JSON lines. It is kept while no
   * container key was met, so that it can still turn out to be a record.
   */
  function* readObject(): Generator<RawRecord | undefined, void, Uint8Array | undefined> {
    const at = line;
    let container: string | undefined;
    let members: Uint8Array[] | undefined = [];
    let membersBytes = 0;
    position += 1;
    let first = true;
    for (;;) {
      let byte = yield* peek();
      if (byte === CLOSE_BRACE && first) {
        position += 1;
        break;
      }
      if (byte !== QUOTE) throw malformed(line, `expected a key, found ${quoted(byte)}`);
      const key = yield* readValue();
      if ((yield* peek()) !== COLON) throw malformed(line, 'expected ":" after a key');
      position += 1;
      byte = yield* peek();
      const name = parseBytes(key, line) as string;
      if (byte === OPEN_BRACKET && !options.lines && isContainerKey(name)) {
        if (container !== undefined) {
          throw new IndexingError({
            code: 'input-ambiguous-container',
            message: `Expected the records under one key, found both ${container} and ${name} (line ${line}).`,
          });
        }
        container = name;
        members = undefined;
        yield* readArray();
      } else {
        if (byte === undefined || byte === COMMA || byte === CLOSE_BRACE) throw malformed(line, `${name} has no value`);
        const value = yield* readValue();
        if (value !== undefined) parseBytes(value, line);
        membersBytes += (key?.length ?? 0) + (value?.length ?? options.recordBytesMax) + 2;
        if (members !== undefined && key !== undefined && value !== undefined) {
          members.push(...(members.length === 0 ? [] : [ascii(',')]), key.slice(), ascii(':'), value.slice());
        }
        if (membersBytes > options.recordBytesMax) members = undefined;
      }
      first = false;
      byte = yield* peek();
      if (byte === undefined) throw malformed(line, 'the input ends inside an object');
      position += 1;
      if (byte === CLOSE_BRACE) break;
      if (byte !== COMMA) throw malformed(line, `expected "," or "}" after ${name}, found ${quoted(byte)}`);
    }
    const end = line;
    const after = yield* peek();
    if (container !== undefined) {
      if (after !== undefined) throw malformed(line, `expected the end of the input, found ${quoted(after)}`);
      return;
    }
    if (after === undefined && !options.lines) {
      throw noContainer();
    }
    if (after !== undefined && line === end) throw malformed(line, 'expected one record a line, found a second one');
    const bytes =
      membersBytes > options.recordBytesMax ? undefined : joined([ascii('{'), ...(members ?? []), ascii('}')]);
    yield { index, line: at, bytes };
    index += 1;
    yield* readLines();
  }

  // A byte order mark is tolerated at the very start.
  if ((yield* more()) && block[position] === 0xef) {
    for (const byte of [0xef, 0xbb, 0xbf]) {
      if (!(yield* more()) || block[position] !== byte) throw notUtf8();
      position += 1;
    }
  }
  const byte = yield* peek();
  if (byte === undefined) return;
  if (byte === 0xff || byte === 0xfe || byte === 0) throw notUtf8();
  if (options.lines) return yield* readLines();
  if (byte === OPEN_BRACE) return yield* readObject();
  if (byte !== OPEN_BRACKET) {
    if (!SCALAR_START.test(String.fromCharCode(byte)))
      throw malformed(line, `expected "[" or "{", found ${quoted(byte)}`);
    throw noContainer();
  }
  yield* readArray();
  const after = yield* peek();
  if (after !== undefined) throw malformed(line, `expected the end of the input, found ${quoted(after)}`);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Parses the bytes of one record; `where` names it in the error. */
export function parseBytes(bytes: Uint8Array | undefined, line: number): unknown {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw new IndexingError({
      code: 'input-encoding',
      message: `Expected UTF-8, found other bytes in the record that starts on line ${line}.`,
    });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw malformed(line, `not JSON (${parserWords(error)})`);
  }
}

/** What the parser says, without the piece of the text that some engines quote. */
function parserWords(error: unknown): string {
  return String(error instanceof Error ? error.message : error)
    .split(/, ?"|, \.\.\./, 1)
    .join('')
    .slice(0, 120);
}

function malformed(line: number, what: string): IndexingError {
  return new IndexingError({ code: 'input-malformed', message: `Line ${line}: ${what}.`, details: { line } });
}

function noContainer(): IndexingError {
  return new IndexingError({
    code: 'input-no-container',
    message: `Expected an array of records, JSON lines, or an object with one of ${CONTAINER_KEYS.join(', ')}.`,
  });
}

function notUtf8(): IndexingError {
  return new IndexingError({ code: 'input-encoding', message: 'Expected UTF-8, found another encoding (UTF-16?).' });
}

function isContainerKey(key: string): boolean {
  return (CONTAINER_KEYS as readonly string[]).includes(key);
}

function quoted(byte: number | undefined): string {
  if (byte === undefined) return 'the end of the input';
  return byte > 0x20 && byte < 0x7f ? JSON.stringify(String.fromCharCode(byte)) : `byte 0x${byte.toString(16)}`;
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
