import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { checkLine, type CheckedLine, KEY_AT, KEY_LENGTH, lineBytes } from './cache-line.ts';

/**
 * Lines of equal length, read by their number. Reads are synchronous: a line is mostly in the page cache, and waiting
 * for a thread takes ten times as long as reading it.
 */
export interface LineFile {
  /** Number of whole lines, without an incomplete one at the end. */
  lines(): number;
  bytes(): number;
  /** Reads a line into a buffer at an offset, and returns the part that it fills. */
  line(number: number, into: Buffer, offset?: number): Buffer;
  key(number: number): string;
  /** Checks the whole lines from number `first` to before `end`; undefined for a damaged one. */
  checked(first: number, end: number): Generator<CheckedLine | undefined>;
  close(): void;
}

/** Bytes read at once by `checked`. */
const BLOCK_BYTES = 4 * 1024 * 1024;

export function openLineFile(path: string, dimensions: number): LineFile {
  const file = openSync(path, 'r');
  const width = lineBytes(dimensions);
  const keyBuffer = Buffer.alloc(KEY_LENGTH);

  /** Reads until the buffer is full or the file ends, and returns the number of bytes. */
  function read(into: Buffer, position: number): number {
    let filled = 0;
    while (filled < into.length) {
      const got = readSync(file, into, filled, into.length - filled, position + filled);
      if (got === 0) break;
      filled += got;
    }
    return filled;
  }

  return {
    lines: () => Math.floor(fstatSync(file).size / width),
    bytes: () => fstatSync(file).size,
    line(number, into, offset = 0) {
      const line = into.subarray(offset, offset + width);
      return line.subarray(0, read(line, number * width));
    },
    key(number) {
      read(keyBuffer, number * width + KEY_AT);
      return keyBuffer.toString('latin1');
    },
    *checked(first, end) {
      const perBlock = Math.max(1, Math.floor(BLOCK_BYTES / width));
      const block = Buffer.allocUnsafe(perBlock * width);
      for (let next = first; next < end;) {
        // Never past `end`, where a writer may be writing a line.
        const part = block.subarray(0, Math.min(perBlock, end - next) * width);
        const whole = Math.floor(read(part, next * width) / width);
        for (let at = 0; at < whole; at += 1) {
          yield checkLine(part.subarray(at * width, (at + 1) * width), dimensions);
        }
        next += whole;
        if (whole * width < part.length) return;
      }
    },
    close: () => closeSync(file),
  };
}
