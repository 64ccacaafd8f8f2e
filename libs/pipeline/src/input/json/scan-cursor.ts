import { IndexingError } from '@lockstep/model';
import { createByteList } from '../bytes/byte-list.ts';
import { recordNumber } from '../record-place.ts';
import { linesIn, nestingEnd, scalarEnd, spaceEnd, stringEnd } from './scan-bytes.ts';

const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/** A record that is too large is skipped up to this many times the largest size; beyond, it is a bomb, or not records. */
const RECORDS_SKIPPED_MAX = 64;

/** A step of a coroutine that gives `Found`, asks for the next block with `undefined`, and ends with `Result`. */
export type Scan<Result, Found = undefined> = Generator<Found | undefined, Result, Uint8Array | undefined>;

/** A place in bytes that come in blocks: passes over space and JSON values, and keeps the bytes of those that are wanted. */
export class ScanCursor {
  block: Uint8Array = new Uint8Array(0);
  position = 0;
  /** 1-based. */
  line = 1;
  /** Of the next record, from 0. */
  index = 0;
  /** Whether what is read belongs to a record, which a message then names. */
  inRecord = false;
  readonly #recordBytesMax: number;
  readonly #unfinishedBytesMax: number;
  readonly #earlierBytes: ReturnType<typeof createByteList>;
  /** Where the bytes of the current value start in this block; -1 while no value is read. */
  #valueFrom = -1;
  #ended = false;
  #bytesBefore = 0;
  /** Bytes of earlier blocks since the last record ended, and where in this block it ended. */
  #unfinishedBytes = 0;
  #finishedAt = 0;

  constructor(recordBytesMax: number) {
    this.#recordBytesMax = recordBytesMax;
    this.#unfinishedBytesMax = recordBytesMax * RECORDS_SKIPPED_MAX;
    this.#earlierBytes = createByteList(recordBytesMax);
  }

  /** Bytes before the position. */
  offset(): number {
    return this.#bytesBefore + this.position;
  }

  /** Asks for blocks until there is a byte to read; false at the end of the input. */
  *more(): Scan<boolean> {
    while (this.position >= this.block.length) {
      if (this.#ended) return false;
      if (this.#valueFrom >= 0) this.#earlierBytes.push(this.block.subarray(this.#valueFrom));
      this.#unfinishedBytes += this.block.length - this.#finishedAt;
      this.#finishedAt = 0;
      if (this.#unfinishedBytes > this.#unfinishedBytesMax)
        throw this.malformed(`no record ends within ${this.#unfinishedBytesMax} bytes`);
      const next = yield undefined;
      this.#ended = next === undefined;
      this.#bytesBefore += this.block.length;
      // A byte to skip after a backslash may be in the next block.
      this.position -= this.block.length;
      this.block = next ?? new Uint8Array(0);
      if (this.#valueFrom >= 0) this.#valueFrom = 0;
    }
    return true;
  }

  startValue(): void {
    this.#valueFrom = this.position;
    this.#earlierBytes.clear();
  }

  /** The bytes since the value started; undefined where they are too many. */
  endValue(): Uint8Array | undefined {
    const part = this.block.subarray(this.#valueFrom, this.position);
    this.#valueFrom = -1;
    if (this.#earlierBytes.isEmpty()) return part.length <= this.#recordBytesMax ? part : undefined;
    this.#earlierBytes.push(part);
    return this.#earlierBytes.whole();
  }

  /** A record ended here: what comes next may be as large again. */
  finished(): void {
    this.progressed();
    this.index += 1;
    this.inRecord = false;
  }

  /** A part ended here: the next may be as large as a record. */
  progressed(): void {
    this.#unfinishedBytes = 0;
    this.#finishedAt = this.position;
  }

  /** The next byte that is not white space, not consumed; undefined at the end. */
  *peek(): Scan<number | undefined> {
    while (this.position < this.block.length || (yield* this.more())) {
      const end = spaceEnd(this.block, this.position);
      this.line += linesIn(this.block, this.position, end);
      this.position = end;
      if (end < this.block.length) return this.block[end];
    }
    return undefined;
  }

  /** Consumes one value of any kind. */
  *skipValue(): Scan<void> {
    const first = this.block[this.position] as number;
    if (first === QUOTE) return yield* this.#skipString();
    if (first !== OPEN_BRACE && first !== OPEN_BRACKET) {
      while (this.position < this.block.length || (yield* this.more())) {
        this.position = scalarEnd(this.block, this.position);
        if (this.position < this.block.length) return;
      }
      return;
    }
    let depth = 0;
    while (this.position < this.block.length || (yield* this.more())) {
      const from = this.position;
      const found = nestingEnd(this.block, from, depth);
      depth = found.depth;
      this.position = found.end;
      this.line += linesIn(this.block, from, found.end);
      if (depth === 0) return;
      if (this.position < this.block.length) yield* this.#skipString();
    }
    throw this.malformed('the input ends in the middle of a value');
  }

  /** Consumes one value, and gives its bytes; undefined where they are too many. */
  *readValue(): Scan<Uint8Array | undefined> {
    this.startValue();
    yield* this.skipValue();
    return this.endValue();
  }

  /** Consumes a string, from its opening quote through its closing one. */
  *#skipString(): Scan<void> {
    this.position += 1;
    while (this.position < this.block.length || (yield* this.more())) {
      const end = stringEnd(this.block, this.position);
      this.position = end;
      if (end >= this.block.length) continue;
      this.position += 1;
      return;
    }
    throw this.malformed('a string is not closed');
  }

  malformed(what: string): IndexingError {
    return malformed(what, this.line, this.inRecord ? this.index : undefined);
  }
}

/** What is no JSON, at a line and, where it is in one, a record. */
export function malformed(what: string, line: number, record?: number): IndexingError {
  const place = record === undefined ? `Line ${line}` : `Line ${line}, record ${recordNumber(record)}`;
  const details = record === undefined ? { line } : { line, record };
  return new IndexingError({ code: 'input-malformed', message: `${place}: ${what}.`, details });
}
