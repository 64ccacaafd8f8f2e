import { IndexingError } from '@lockstep/model';
import { createByteList } from '../bytes/byte-list.ts';

/** One column of records: an array with a value for each of them. */
export interface Column {
  /** Its key in the input. */
  readonly name: string;
  /** The key of its values in a record. */
  readonly as: string;
}

/** A record that was put together from columns. */
interface ColumnRecord {
  /** Undefined where one of its values is too large. */
  readonly bytes: Uint8Array | undefined;
  readonly line: number;
  readonly offset: number;
}

/** Bytes of all columns together: they are in memory at once, since a record is known when the last column was read. */
export const COLUMNS_BYTES_MAX = 128 * 1024 * 1024;

const encoder = new TextEncoder();

/**
 * Keeps the values of columns as they stand in the input, and makes records of them. Fails with `input-columns` where they
 * are more than `COLUMNS_BYTES_MAX`, or where the columns have different lengths.
 */
export function createColumnList(bytesMax = COLUMNS_BYTES_MAX) {
  const columns = new Map<string, { as: string; bytes: ReturnType<typeof createByteList>; ends: number[] }>();
  const places: { line: number; offset: number }[] = [];
  const tooLarge = new Set<number>();
  let total = 0;

  return {
    /** Begins a column, and gives the function that adds its values; undefined stands for one that is too large. */
    open({ name, as }: Column): (value: Uint8Array | undefined, place: { line: number; offset: number }) => void {
      const column = { as, bytes: createByteList(bytesMax), ends: [] as number[] };
      const isFirst = columns.size === 0;
      columns.set(name, column);
      let end = 0;
      return (value, place) => {
        total += value?.length ?? 0;
        if (total > bytesMax) throw tooMany(bytesMax);
        if (value === undefined) tooLarge.add(column.ends.length);
        else column.bytes.push(value);
        end += value?.length ?? 0;
        column.ends.push(end);
        if (isFirst) places.push(place);
      };
    },
    has: (name: string): boolean => columns.has(name),
    /** The records; to be asked for when all columns were read. */
    *records(): Generator<ColumnRecord> {
      const lengths = [...columns].map(([name, { ends }]) => ({ name, length: ends.length }));
      const [first] = lengths;
      if (first === undefined || lengths.some(({ length }) => length !== first.length)) throw unequal(lengths);
      const all = [...columns.values()].map(({ as, bytes, ends }, at) => ({
        key: encoder.encode(`${at === 0 ? '{' : ','}${JSON.stringify(as)}:`),
        whole: bytes.whole() ?? new Uint8Array(0),
        ends,
      }));
      const closing = encoder.encode('}');
      for (const [row, place] of places.entries()) {
        const parts = all.flatMap(({ key, whole, ends }) => [key, whole.subarray(ends[row - 1] ?? 0, ends[row])]);
        yield { bytes: tooLarge.has(row) ? undefined : joined([...parts, closing]), ...place };
      }
    },
  };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function tooMany(bytesMax: number): IndexingError {
  return new IndexingError({
    code: 'input-columns',
    message:
      `The columns of the input have more than ${bytesMax} bytes, and must be in memory together. ` +
      'Export the collection in parts (limit and offset), or as JSON lines with one record each.',
  });
}

function unequal(lengths: readonly { readonly name: string; readonly length: number }[]): IndexingError {
  const found = lengths.map(({ name, length }) => `${length} in ${name}`).join(', ');
  return new IndexingError({
    code: 'input-columns',
    message: `Expected a value for each record in every column, found ${found || 'no column'}. Export the input again.`,
  });
}
