import { closeSync, openSync, readSync } from 'node:fs';
import { checkLine, LINE_HEAD, lineBytes } from './cache-line.ts';

/** A sound line, or a damaged piece of the file. */
export interface SalvagedLine {
  readonly bytes: Buffer;
  readonly isSound: boolean;
}

/** Bytes read at once. */
const BLOCK_BYTES = 1024 * 1024;
const LF = Buffer.from('\n');

/**
 * The sound lines of a file, wherever they begin, and everything between them in pieces that end with a line feed or at
 * the end of a block, so that memory is bounded. A line that lost only its line feed comes twice: as a sound line with
 * its line feed, and unchanged within a piece.
 */
export function* salvageLines(path: string, dimensions: number): Generator<SalvagedLine> {
  const width = lineBytes(dimensions);
  let bytes = Buffer.alloc(0);
  for (const block of blocksOf(path)) {
    const isEnd = block.length === 0;
    bytes = Buffer.concat([bytes, block]);
    let yielded = 0;
    let at = bytes.indexOf(LINE_HEAD);
    while (at >= 0 && (isEnd || at + width <= bytes.length)) {
      const line = bytes.subarray(at, at + width);
      let next = at + LINE_HEAD.length;
      if (checkLine(line, dimensions) !== undefined) {
        yield* piecesOf(bytes.subarray(yielded, at));
        yield { bytes: line, isSound: true };
        next = yielded = at + width;
      } else {
        const ended = Buffer.concat([line.subarray(0, width - 1), LF]);
        if (checkLine(ended, dimensions) !== undefined) {
          yield { bytes: ended, isSound: true };
          next = at + width - 1;
        }
      }
      at = bytes.indexOf(LINE_HEAD, next);
    }
    // Bytes that may be the start of a line are kept for the next block.
    const begun = at >= 0 ? at : bytes.lastIndexOf(LINE_HEAD.charAt(0));
    const isIncomplete = !isEnd && (at >= 0 || begun > bytes.length - LINE_HEAD.length);
    const undecided = isIncomplete ? begun : bytes.length;
    yield* piecesOf(bytes.subarray(yielded, undecided));
    bytes = bytes.subarray(undecided);
  }
}

/** The blocks of a file; an empty one is the last. */
function* blocksOf(path: string): Generator<Buffer> {
  const file = openSync(path, 'r');
  try {
    let got: number;
    do {
      const block = Buffer.allocUnsafe(BLOCK_BYTES);
      got = readSync(file, block, 0, block.length, null);
      yield block.subarray(0, got);
    } while (got > 0);
  } finally {
    closeSync(file);
  }
}

function* piecesOf(bytes: Buffer): Generator<SalvagedLine> {
  for (let from = 0; from < bytes.length;) {
    const end = bytes.indexOf(LF, from);
    const next = end < 0 ? bytes.length : end + LF.length;
    yield { bytes: bytes.subarray(from, next), isSound: false };
    from = next;
  }
}
