import { IndexingError, isIndexingError, type JsonObject, type JsonValue } from '@lockstep/model';
import type { InputRecord } from '../input-record.ts';

/** Reads parts of an input in any order. All are of one version of it. */
export interface RandomAccess {
  readonly size: number;
  /** The bytes from one position up to, and without, another. */
  slice(from: number, to: number): Promise<Uint8Array>;
}

/** Bytes that a row group may have in the file; its columns are held while its rows are made. */
export const ROW_GROUP_BYTES_MAX = 512 * 1024 * 1024;

/** Bytes of values, as the file counts them, that are made into rows at a time. */
const BATCH_BYTES = 16 * 1024 * 1024;

/** Rows that are made at a time, at most. */
const BATCH_ROWS_MAX = 50_000;

/**
 * The rows of a Parquet file, each an object by the names of its columns. Integers beyond 2^53 become their digits,
 * times become ISO 8601 text, other binary values base64; lists and structs are nested.
 *
 * Memory is bounded by the compressed bytes of one row group, which may be `ROW_GROUP_BYTES_MAX`, and a batch of rows.
 * Fails with `input-parquet`.
 */
export async function* readParquet(access: RandomAccess): AsyncGenerator<Iterable<InputRecord>> {
  const [{ cachedAsyncBuffer, parquetMetadataAsync, parquetReadObjects }, { compressors }, { checkParquetPages }] =
    await Promise.all([
      // The package's own entry for Node would read files by itself.
      import('hyparquet/src/index.js'),
      import('hyparquet-compressors'),
      import('./check-parquet-pages.ts'),
    ]);
  let failure: unknown;
  const file = {
    byteLength: access.size,
    async slice(from: number, to: number = access.size): Promise<ArrayBuffer> {
      // A damaged file may ask for anything.
      if (!(from >= 0 && from <= to && to <= access.size && to - from <= ROW_GROUP_BYTES_MAX))
        throw new Error(`bytes ${from} to ${to} of ${access.size}`);
      const bytes = await access.slice(from, to).catch((error: unknown) => {
        failure = error;
        throw error;
      });
      if (bytes.length !== to - from) throw new Error(`bytes ${from} to ${to}: only ${bytes.length} are there`);
      // A copy only where the bytes are a part of more.
      if (bytes.byteLength === bytes.buffer.byteLength) return bytes.buffer as ArrayBuffer;
      return new Uint8Array(bytes).buffer;
    },
  };
  try {
    const metadata = await parquetMetadataAsync(file);
    const rowCount = metadata.row_groups.reduce((sum, group) => sum + group.num_rows, 0n);
    if (rowCount !== metadata.num_rows)
      throw new Error(`the row groups have ${rowCount} rows in place of ${metadata.num_rows}`);
    let groupStart = 0;
    for (const [at, group] of metadata.row_groups.entries()) {
      const rows = Number(group.num_rows);
      const packedBytes = group.columns.reduce(
        (bytes, column) => bytes + Number(column.meta_data?.total_compressed_size ?? 0),
        0,
      );
      if (packedBytes > ROW_GROUP_BYTES_MAX) throw tooLarge(at, packedBytes);
      await checkParquetPages(file, metadata, group, compressors);
      const batchRows = Math.max(
        1,
        Math.min(BATCH_ROWS_MAX, Math.floor((rows * BATCH_BYTES) / Math.max(1, Number(group.total_byte_size)))),
      );
      const groupFile = cachedAsyncBuffer(file);
      for (let from = 0; from < rows; from += batchRows) {
        const start = groupStart + from;
        const rowEnd = groupStart + Math.min(rows, from + batchRows);
        const batch = await parquetReadObjects({
          file: groupFile,
          metadata,
          compressors,
          parsers: TIMES_AS_TEXT,
          rowStart: start,
          rowEnd,
        });
        if (batch.length !== rowEnd - start) throw new Error(`${batch.length} rows in place of ${rowEnd - start}`);
        yield batch.map((row, offset) => recordOf(row, start + offset));
      }
      groupStart += rows;
    }
  } catch (error) {
    if (failure !== undefined) throw failure;
    if (isIndexingError(error)) throw error;
    const words = String(error instanceof Error ? error.message : error)
      .replace(/^parquet /, '')
      .slice(0, 200);
    throw new IndexingError({ code: 'input-parquet', message: `The input is Parquet that cannot be read: ${words}.` });
  }
}

/** The line of a row is its number, from 1: the file has no lines. */
function recordOf(row: Readonly<Record<string, unknown>>, index: number): InputRecord {
  const count = { nonFinite: 0 };
  const value = jsonOf(row, count) as JsonObject;
  return { index, line: index + 1, value, nonFinite: count.nonFinite };
}

/** The moments of a column, with all digits that it has. */
function isoText(count: bigint, perSecond: bigint, digits: number): string {
  const second = count / perSecond - (count % perSecond < 0n ? 1n : 0n);
  const date = new Date(Number(second) * 1000);
  if (Number.isNaN(date.getTime())) return String(count);
  const fraction = String(count - second * perSecond).padStart(digits, '0');
  return date.toISOString().replace(/\.000Z$/, /[1-9]/.test(fraction) ? `.${fraction}Z` : 'Z');
}

const TIMES_AS_TEXT = {
  timestampFromMilliseconds: (millis: bigint) => isoText(BigInt(millis), 1000n, 3),
  timestampFromMicroseconds: (micros: bigint) => isoText(BigInt(micros), 1_000_000n, 6),
  timestampFromNanoseconds: (nanos: bigint) =>
    isoText(BigInt(nanos), 1_000_000_000n, 9).replace(/(\.\d{6})000Z$/, '$1Z'),
  dateFromDays: (days: number) => new Date(days * 86_400_000).toISOString().slice(0, 10),
};

function jsonOf(value: unknown, count: { nonFinite: number }): JsonValue {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (Number.isFinite(value)) return value;
      count.nonFinite += 1;
      return null;
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    case 'object':
      break;
    default:
      return null;
  }
  if (value === null) return null;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return btoa(Array.from(value, (byte) => String.fromCharCode(byte)).join(''));
  if (Array.isArray(value) || ArrayBuffer.isView(value))
    return Array.from(value as ArrayLike<unknown>, (item) => jsonOf(item, count));
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, jsonOf(member, count)]));
}

function tooLarge(group: number, bytes: number): IndexingError {
  return new IndexingError({
    code: 'input-parquet',
    message:
      `Expected row groups of at most ${ROW_GROUP_BYTES_MAX} bytes, found ${bytes} in row group ${group}. ` +
      'Write the file with smaller ones (row_group_size in pyarrow and pandas).',
  });
}
