import { IndexingError } from '@lockstep/model';
import { createByteList, type ByteList } from '../bytes/byte-list.ts';
import { recordNumber } from '../record-place.ts';
import { createColumnList, type Column } from './column-list.ts';
import { parseBeside } from './parse-json.ts';
import type { RawRecord } from './raw-record.ts';
import { ScanCursor, type Scan } from './scan-cursor.ts';

/** Where in an object the records stand. */
export interface RecordsPlace {
  /** Keys from the top down to the records; none for the top itself. */
  readonly path: readonly string[];
  /** Whether the members of an object are the records, in place of the elements of an array. @default false */
  readonly keyed?: boolean | undefined;
  /** Whether the records stand at the top as usual, and an object that holds none is a record itself. @default false */
  readonly lone?: boolean | undefined;
  /** Whether every value at the top is a record, even an object that holds `chunks`, `data` or `items`. @default false */
  readonly each?: boolean | undefined;
  /** Members of the object that are columns: arrays of one value for each record. @default the records are in one place */
  readonly columns?: readonly Column[] | undefined;
}

export interface ScanOptions {
  /** Bytes a record may have; a larger one is skipped, and yielded without its bytes. */
  readonly recordBytesMax: number;
  /** Whether each line is a record, or values stand one after another, or in arrays. */
  readonly layout: 'lines' | 'values';
  /** True where the file's name says JSON lines; a lone object is then a record. */
  readonly lines: boolean;
  /** @default the top, or `chunks`, `data` or `items` there */
  readonly records?: RecordsPlace | undefined;
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

const OPENING = new Uint8Array([OPEN_BRACE]);
const SEPARATOR = new Uint8Array([COMMA]);
const ASSIGNMENT = new Uint8Array([COLON]);
const CLOSING = new Uint8Array([CLOSE_BRACE]);

/** UTF-16 units of a key that a message shows, and keys that one lists. */
const KEY_UNITS_SHOWN = 60;
const KEYS_SHOWN = 10;

/** How a JSON value starts that is neither an array nor an object. */
const SCALAR_START = /["\-0-9tfn]/;

/**
 * Splits JSON into records, with memory bounded by one record and one block: lines, arrays or objects one after another,
 * an object with one of `chunks`, `data`, `items`, or what stands at a given place of an object. It checks the structure
 * around the records and leaves what is in them to `JSON.parse`.
 *
 * It is a coroutine: it yields records, and `undefined` to ask for the next block, which `next(block)` passes in; an
 * undefined block is the end.
 */
export function* scanRecords(options: ScanOptions): Scan<void, RawRecord> {
  const cursor = new ScanCursor(options.recordBytesMax);
  const { lone = false, each = false } = options.records ?? {};

  function finished(at: Start, bytes: Uint8Array | undefined, end: RawRecord['end'], key?: string): RawRecord {
    const { index } = cursor;
    cursor.finished();
    return { index, line: at.line, offset: at.offset, end, bytes, key };
  }

  function* readRecord(key?: string): Scan<RawRecord> {
    const at = start(cursor);
    cursor.inRecord = true;
    return finished(at, yield* cursor.readValue(), 'value-end', key);
  }

  /** The elements of an array, from its opening bracket through its closing one. */
  function* readArray(): Scan<void, RawRecord> {
    cursor.position += 1;
    if ((yield* cursor.peek()) === CLOSE_BRACKET) {
      cursor.position += 1;
      return;
    }
    for (;;) {
      const byte = yield* cursor.peek();
      if (byte === undefined) throw cursor.malformed('the input ends inside the array of records');
      if (byte === COMMA || byte === CLOSE_BRACKET || byte === CLOSE_BRACE || byte === COLON) {
        throw cursor.malformed(`expected record ${recordNumber(cursor.index)}, found ${quoted(byte)}`);
      }
      yield yield* readRecord();
      const after = yield* cursor.peek();
      if (after === undefined) throw cursor.malformed('the input ends inside the array of records');
      cursor.position += 1;
      if (after === CLOSE_BRACKET) return;
      if (after !== COMMA)
        throw cursor.malformed(
          `expected "," or "]" after record ${recordNumber(cursor.index - 1)}, found ${quoted(after)}`,
        );
    }
  }

  /** Lines of one record each; white space alone is no record. */
  function* readLines(): Scan<void, RawRecord> {
    while ((yield* cursor.peek()) !== undefined) {
      const at = start(cursor);
      cursor.inRecord = true;
      cursor.startValue();
      let end: RawRecord['end'] = 'input-end';
      while (cursor.position < cursor.block.length || (yield* cursor.more())) {
        const found = cursor.block.indexOf(LF, cursor.position);
        cursor.position = found < 0 ? cursor.block.length : found;
        if (found < 0) continue;
        end = 'line-end';
        break;
      }
      yield finished(at, cursor.endValue(), end);
    }
  }

  /** Values one after another, each a record, with white space or nothing between them. */
  function* readValues(): Scan<void, RawRecord> {
    for (let byte = yield* cursor.peek(); byte !== undefined; byte = yield* cursor.peek()) {
      if (byte === COMMA || byte === CLOSE_BRACKET || byte === CLOSE_BRACE || byte === COLON) {
        throw cursor.malformed(`expected record ${recordNumber(cursor.index)}, found ${quoted(byte)}`);
      }
      yield yield* readRecord();
    }
  }

  /** A key and the colon after it; what follows is the next byte of its value. */
  function* readKey(): Scan<{ key: Uint8Array; name: string; byte: number | undefined }> {
    let byte = yield* cursor.peek();
    if (byte !== QUOTE) throw cursor.malformed(`expected a key, found ${quoted(byte)}`);
    const key = yield* cursor.readValue();
    if ((yield* cursor.peek()) !== COLON) throw cursor.malformed('expected ":" after a key');
    if (key === undefined) throw cursor.malformed(`a key has more than ${options.recordBytesMax} bytes`);
    const name = parseBeside(key, cursor.line) as string;
    cursor.position += 1;
    byte = yield* cursor.peek();
    if (byte === undefined || byte === COMMA || byte === CLOSE_BRACE) {
      throw cursor.malformed(`${shown(name)} has no value`);
    }
    return { key, name, byte };
  }

  /** Whether the object goes on after a member. */
  function* memberFollows(name: string): Scan<boolean> {
    const byte = yield* cursor.peek();
    if (byte === undefined) throw cursor.malformed('the input ends inside an object');
    cursor.position += 1;
    if (byte === CLOSE_BRACE) return false;
    if (byte !== COMMA) throw cursor.malformed(`expected "," or "}" after ${shown(name)}, found ${quoted(byte)}`);
    return true;
  }

  /** Passes the opening brace, and the closing one where the object has no member. */
  function* isEmptyObject(): Scan<boolean> {
    cursor.position += 1;
    if ((yield* cursor.peek()) !== CLOSE_BRACE) return false;
    cursor.position += 1;
    return true;
  }

  /**
   * An object at the top: either a container of records, or the first of records one after another. Its bytes are
   * collected until a container key is found, since until then it may be a record.
   */
  function* readObject(): Scan<void, RawRecord> {
    const at = start(cursor);
    let container: string | undefined;
    let members: ByteList | undefined = createByteList(options.recordBytesMax);
    members.push(OPENING);
    for (let follows = !(yield* isEmptyObject()), first = true; follows; first = false) {
      const { key, name, byte } = yield* readKey();
      for (const part of first ? [key, ASSIGNMENT] : [SEPARATOR, key, ASSIGNMENT]) members?.push(part);
      if (byte === OPEN_BRACKET && !each && isContainerKey(name)) {
        if (container !== undefined) throw ambiguous(container, name, cursor.line);
        container = name;
        members = undefined;
        yield* readArray();
      } else {
        const value = yield* cursor.readValue();
        if (value !== undefined) parseBeside(value, cursor.line);
        members?.push(value);
      }
      follows = yield* memberFollows(name);
    }
    const endLine = cursor.line;
    const after = yield* cursor.peek();
    if (container !== undefined) {
      if (after !== undefined) throw cursor.malformed(`expected the end of the input, found ${quoted(after)}`);
      return;
    }
    if (after === undefined && !options.lines && !lone && !each) throw noContainer();
    members?.push(CLOSING);
    const isLine = at.line === endLine && cursor.line !== endLine;
    yield finished(at, members?.whole(), 'value-end');
    yield* isLine ? readLines() : readValues();
  }

  /** The records at a path below this value. Whatever stands beside the path is passed over, and not kept. */
  function* readPlaced(place: RecordsPlace, depth: number): Scan<void, RawRecord> {
    const byte = yield* cursor.peek();
    const wanted = place.path[depth];
    if (wanted === undefined && place.columns !== undefined && byte === OPEN_BRACE) {
      return yield* readColumns(place.columns);
    }
    if (wanted === undefined && place.keyed !== true) {
      if (byte !== OPEN_BRACKET) throw notThere(place, `${valueKind(byte)} in place of an array`);
      return yield* readArray();
    }
    if (byte !== OPEN_BRACE) throw notThere(place, `${valueKind(byte)} in place of an object`);
    const others: string[] = [];
    let found = false;
    for (let follows = !(yield* isEmptyObject()); follows;) {
      const { name } = yield* readKey();
      if (wanted === undefined) yield yield* readRecord(name);
      else if (name !== wanted) {
        if (others.length < KEYS_SHOWN) others.push(shown(name));
        yield* cursor.skipValue();
      } else if (found) throw ambiguous(shown(name), shown(name), cursor.line);
      else {
        found = true;
        yield* readPlaced(place, depth + 1);
      }
      follows = yield* memberFollows(name);
    }
    if (!found && wanted !== undefined)
      throw notThere(place, others.length === 0 ? 'an empty object' : `the keys ${others.join(', ')}`);
  }

  /** The values of a column; those of an array inside it belong to the column too, as each query's results do. */
  function* readColumn(
    add: ReturnType<ReturnType<typeof createColumnList>['open']> | undefined,
    depth = 0,
  ): Scan<void> {
    cursor.position += 1;
    if ((yield* cursor.peek()) === CLOSE_BRACKET) {
      cursor.position += 1;
      return;
    }
    for (;;) {
      const byte = yield* cursor.peek();
      if (byte === undefined || byte === COMMA || byte === CLOSE_BRACKET || byte === CLOSE_BRACE || byte === COLON) {
        throw cursor.malformed(`expected a value of a column, found ${quoted(byte)}`);
      }
      const at = start(cursor);
      if (add === undefined) yield* cursor.skipValue();
      else if (byte === OPEN_BRACKET && depth === 0) yield* readColumn(add, depth + 1);
      else add(yield* cursor.readValue(), at);
      cursor.progressed();
      const after = yield* cursor.peek();
      cursor.position += 1;
      if (after === CLOSE_BRACKET) return;
      if (after !== COMMA) throw cursor.malformed(`expected "," or "]" in a column, found ${quoted(after)}`);
    }
  }

  /** An object of columns. Its records are known when all of it was read. */
  function* readColumns(wanted: readonly Column[]): Scan<void, RawRecord> {
    const columns = createColumnList();
    for (let follows = !(yield* isEmptyObject()); follows;) {
      const { name, byte } = yield* readKey();
      const column = wanted.find((each) => each.name === name);
      if (column !== undefined && columns.has(name)) throw ambiguous(shown(name), shown(name), cursor.line);
      if (byte === OPEN_BRACKET) yield* readColumn(column && columns.open(column));
      else yield* cursor.skipValue();
      follows = yield* memberFollows(name);
    }
    for (const { bytes, line, offset } of columns.records()) {
      const isTooLarge = bytes === undefined || bytes.length > options.recordBytesMax;
      yield finished({ line, offset }, isTooLarge ? undefined : bytes, 'value-end');
    }
  }

  // A byte order mark is tolerated at the very start.
  if ((yield* cursor.more()) && cursor.block[cursor.position] === 0xef) {
    for (const byte of [0xef, 0xbb, 0xbf]) {
      if (!(yield* cursor.more()) || cursor.block[cursor.position] !== byte) throw notUtf8();
      cursor.position += 1;
    }
  }
  const first = yield* cursor.peek();
  if (first === undefined) return;
  if (first === 0xff || first === 0xfe || first === 0) throw notUtf8();
  if (options.records !== undefined && !lone && !each) {
    // Several objects, such as pages of an answer, each with records at the same place.
    while ((yield* cursor.peek()) !== undefined) yield* readPlaced(options.records, 0);
    return;
  }
  if (options.layout === 'lines') return yield* readLines();
  if (first === OPEN_BRACE) return yield* readObject();
  if (first !== OPEN_BRACKET) {
    if (!SCALAR_START.test(String.fromCharCode(first)))
      throw cursor.malformed(`expected "[" or "{", found ${quoted(first)}`);
    throw noContainer();
  }
  for (let byte: number | undefined = first; byte !== undefined; byte = yield* cursor.peek()) {
    if (byte !== OPEN_BRACKET) throw cursor.malformed(`expected the end of the input, found ${quoted(byte)}`);
    yield* readArray();
  }
}

interface Start {
  readonly line: number;
  readonly offset: number;
}

function start(cursor: ScanCursor): Start {
  return { line: cursor.line, offset: cursor.offset() };
}

function noContainer(): IndexingError {
  return new IndexingError({
    code: 'input-no-container',
    message: `Expected an array of records, JSON lines, or an object with one of ${CONTAINER_KEYS.join(', ')}.`,
  });
}

function notThere({ path, keyed }: RecordsPlace, found: string): IndexingError {
  const where = path.length === 0 ? 'at the top' : `at ${path.map(shown).join(' in ')}`;
  return new IndexingError({
    code: 'input-no-container',
    message: `Expected the records ${where}, as ${keyed === true ? 'members of an object' : 'an array'}; found ${found}.`,
  });
}

function ambiguous(container: string, name: string, line: number): IndexingError {
  return new IndexingError({
    code: 'input-ambiguous-container',
    message: `Expected the records under one key, found both ${container} and ${name} (line ${line}).`,
  });
}

function notUtf8(): IndexingError {
  return new IndexingError({ code: 'input-encoding', message: 'Expected UTF-8, found another encoding.' });
}

function isContainerKey(key: string): boolean {
  return (CONTAINER_KEYS as readonly string[]).includes(key);
}

function valueKind(byte: number | undefined): string {
  if (byte === undefined) return 'the end of the input';
  if (byte === OPEN_BRACKET) return 'an array';
  if (byte === OPEN_BRACE) return 'an object';
  return byte === QUOTE ? 'a string' : 'another value';
}

function quoted(byte: number | undefined): string {
  if (byte === undefined) return 'the end of the input';
  return byte > 0x20 && byte < 0x7f ? JSON.stringify(String.fromCharCode(byte)) : `byte 0x${byte.toString(16)}`;
}

/** A key of the input in a message: short, and harmless to a terminal. */
function shown(key: string): string {
  return key.length > KEY_UNITS_SHOWN ? `${JSON.stringify(key.slice(0, KEY_UNITS_SHOWN))}...` : JSON.stringify(key);
}
