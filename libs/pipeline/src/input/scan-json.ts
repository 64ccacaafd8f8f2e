import { IndexingError } from '@lockstep/model';
import { createByteList, type ByteList } from './byte-list.ts';
import { linesIn, nestingEnd, scalarEnd, spaceEnd, stringEnd } from './scan-bytes.ts';

/** One record of the input before it is parsed: its bytes and its place. */
export interface RawRecord {
  /** 0-based position among the records. */
  readonly index: number;
  /** 1-based line of the input on which the record starts. */
  readonly line: number;
  /** Valid until the next record. Undefined for a record of more than `recordBytesMax` bytes, which was skipped. */
  readonly bytes: Uint8Array | undefined;
}

export interface ScanOptions {
  /** Bytes a record may have; a larger one is skipped, and yielded without its bytes. */
  readonly recordBytesMax: number;
  /** True where the file's name says JSON lines; a lone object is then a record. */
  readonly lines: boolean;
}

/** Keys under which an object may hold its records. */
const CONTAINER_KEYS = ['chunks', 'data', 'items'] as const;

const LF = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** A record that is too large is skipped up to this many times the largest size; beyond, it is a bomb, or not records. */
const RECORDS_SKIPPED_MAX = 64;

const OPENING = new Uint8Array([OPEN_BRACE]);
const SEPARATOR = new Uint8Array([COMMA]);
const ASSIGNMENT = new Uint8Array([COLON]);
const CLOSING = new Uint8Array([CLOSE_BRACE]);

/** UTF-16 units of a key that a message shows. */
const KEY_UNITS_SHOWN = 60;

/** How a JSON value starts that is neither an array nor an object. */
const SCALAR_START = /["\-0-9tfn]/;

/**
 * Splits a JSON array, an object with one of `chunks`, `data`, `items`, or JSON lines into records, with memory bounded
 * by one record and one block. It checks the structure around the records and leaves what is in them to `JSON.parse`.
 *
 * It is a coroutine: it yields records, and `undefined` to ask for the next block, which `next(block)` passes in; an
 * undefined block is the end.
 */
export function* scanRecords(options: ScanOptions): Generator<RawRecord | undefined, void, Uint8Array | undefined> {
  let block: Uint8Array = new Uint8Array(0);
  let position = 0;
  let line = 1;
  let ended = false;
  let index = 0;
  /** Bytes of earlier blocks since the last record ended, and where in this block it ended. */
  let unfinishedBytes = 0;
  let finishedAt = 0;
  const unfinishedBytesMax = options.recordBytesMax * RECORDS_SKIPPED_MAX;
  /** Where the bytes of the current value start in this block; -1 while no value is read. */
  let valueFrom = -1;
  const earlierBytes = createByteList(options.recordBytesMax);

  /** Asks for blocks until there is a byte to read; false at the end of the input. */
  function* more(): Generator<undefined, boolean, Uint8Array | undefined> {
    while (position >= block.length) {
      if (ended) return false;
      if (valueFrom >= 0) earlierBytes.push(block.subarray(valueFrom));
      unfinishedBytes += block.length - finishedAt;
      finishedAt = 0;
      if (unfinishedBytes > unfinishedBytesMax)
        throw malformed(line, `no record ends within ${unfinishedBytesMax} bytes`);
      const next = yield undefined;
      ended = next === undefined;
      // A byte to skip after a backslash may be in the next block.
      position -= block.length;
      block = next ?? new Uint8Array(0);
      if (valueFrom >= 0) valueFrom = 0;
    }
    return true;
  }

  function startValue(): void {
    valueFrom = position;
    earlierBytes.clear();
  }

  function endValue(): Uint8Array | undefined {
    const part = block.subarray(valueFrom, position);
    valueFrom = -1;
    if (earlierBytes.isEmpty()) return part.length <= options.recordBytesMax ? part : undefined;
    earlierBytes.push(part);
    return earlierBytes.whole();
  }

  /** The next byte that is not white space, not consumed; undefined at the end. */
  function* peek(): Generator<undefined, number | undefined, Uint8Array | undefined> {
    while (position < block.length || (yield* more())) {
      const end = spaceEnd(block, position);
      line += linesIn(block, position, end);
      position = end;
      if (end < block.length) return block[end];
    }
    return undefined;
  }

  /** Consumes a string, from its opening quote through its closing one. */
  function* skipString(): Generator<undefined, void, Uint8Array | undefined> {
    position += 1;
    while (position < block.length || (yield* more())) {
      const end = stringEnd(block, position);
      position = end;
      if (end >= block.length) continue;
      position += 1;
      return;
    }
    throw malformed(line, 'a string is not closed');
  }

  /** Consumes one value of any kind. */
  function* skipValue(): Generator<undefined, void, Uint8Array | undefined> {
    const first = block[position] as number;
    if (first === QUOTE) return yield* skipString();
    if (first !== OPEN_BRACE && first !== OPEN_BRACKET) {
      while (position < block.length || (yield* more())) {
        position = scalarEnd(block, position);
        if (position < block.length) return;
      }
      return;
    }
    let depth = 0;
    while (position < block.length || (yield* more())) {
      const from = position;
      const found = nestingEnd(block, from, depth);
      ({ depth, end: position } = found);
      line += linesIn(block, from, position);
      if (depth === 0) return;
      if (position < block.length) yield* skipString();
    }
    throw malformed(line, 'the input ends in the middle of a value');
  }

  function* readValue(): Generator<undefined, Uint8Array | undefined, Uint8Array | undefined> {
    startValue();
    yield* skipValue();
    return endValue();
  }

  function finished(at: number, bytes: Uint8Array | undefined): RawRecord {
    unfinishedBytes = 0;
    finishedAt = position;
    index += 1;
    return { index: index - 1, line: at, bytes };
  }

  function* readRecord(): Generator<undefined, RawRecord, Uint8Array | undefined> {
    const at = line;
    return finished(at, yield* readValue());
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
      startValue();
      while (position < block.length || (yield* more())) {
        const end = block.indexOf(LF, position);
        position = end < 0 ? block.length : end;
        if (end >= 0) break;
      }
      yield finished(at, endValue());
    }
  }

  /**
   * An object at the top: either a container of records, or the first line of JSON lines. Its bytes are collected until
   * a container key is found, since until then it may be a record.
   */
  function* readObject(): Generator<RawRecord | undefined, void, Uint8Array | undefined> {
    const at = line;
    let container: string | undefined;
    let members: ByteList | undefined = createByteList(options.recordBytesMax);
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
      if (key === undefined) throw malformed(line, `a key has more than ${options.recordBytesMax} bytes`);
      const name = parseBytes(key, line) as string;
      for (const part of [first ? OPENING : SEPARATOR, key, ASSIGNMENT]) members?.push(part);
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
        if (byte === undefined || byte === COMMA || byte === CLOSE_BRACE) {
          throw malformed(line, `${shown(name)} has no value`);
        }
        const value = yield* readValue();
        if (value !== undefined) parseBytes(value, line);
        members?.push(value);
      }
      first = false;
      byte = yield* peek();
      if (byte === undefined) throw malformed(line, 'the input ends inside an object');
      position += 1;
      if (byte === CLOSE_BRACE) break;
      if (byte !== COMMA) throw malformed(line, `expected "," or "}" after ${shown(name)}, found ${quoted(byte)}`);
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
    if (first) members?.push(OPENING);
    members?.push(CLOSING);
    yield finished(at, members?.whole());
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

/** Parses the bytes of one record; errors name the line. */
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
    throw malformed(line, `not JSON (${parserMessage(error)})`);
  }
}

/** The message of the parser, without the piece of the text that some engines quote. */
function parserMessage(error: unknown): string {
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

/** A key of the input in a message: short, and harmless to a terminal. */
function shown(key: string): string {
  return key.length > KEY_UNITS_SHOWN ? `${JSON.stringify(key.slice(0, KEY_UNITS_SHOWN))}...` : JSON.stringify(key);
}
