import type { Packing } from './bytes/unpacked.ts';
import type { Encoding } from './bytes/utf8-bytes.ts';
import type { InputRecord } from './input-record.ts';
import { HEAD_BYTES_MAX, type InputForm } from './input-form.ts';
import { openRecords } from './open-records.ts';
import type { ReadRecordsOptions } from './read-options.ts';
import type { JsonLayout } from './json/json-layout.ts';
import type { RecordsPlace } from './json/scan-json.ts';

/** An input that was looked at, and is still whole. */
export interface PeekedRecords {
  readonly form: 'json' | 'csv' | 'tsv' | 'parquet';
  /** Of JSON: whether every line is a record. */
  readonly layout: JsonLayout | undefined;
  /** How it was compressed. */
  readonly packing: Packing | undefined;
  readonly encoding: Encoding;
  /**
   * The first bytes as UTF-8 without a mark, at most 256 KiB. Of a table, its first rows as JSON lines, so that whoever
   * looks for a shape has JSON to look at, whatever the form.
   */
  readonly head: Uint8Array;
  /** Whether the head is all there is. */
  readonly whole: boolean;
  /** All records, those of the head among them. To be asked for once. Fails as `readRecords` does. */
  records(place?: RecordsPlace): AsyncGenerator<InputRecord>;
  /** The same, those of a block at a time, which costs less; each must be taken before the next is asked for. */
  batches(place?: RecordsPlace): AsyncGenerator<Iterable<InputRecord>>;
}

/** Rows of a table in its head. */
const HEAD_ROWS_MAX = 100;

/** Looks at the head of an input without consuming it. Fails as `readRecords` does. */
export async function peekRecords(
  bytes: AsyncIterable<Uint8Array>,
  options: ReadRecordsOptions,
): Promise<PeekedRecords> {
  const input = await openRecords(bytes, options);
  const { form, packing, encoding } = input;
  if (form.kind === 'json') {
    const whole = !(await input.bytes.reach(HEAD_BYTES_MAX + 1));
    const head = input.bytes.head().subarray(0, HEAD_BYTES_MAX);
    const hasMark = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf;
    const batches = (place = options.records) => input.batches(place);
    return {
      form: 'json',
      layout: form.layout,
      packing,
      encoding,
      head: hasMark ? head.subarray(3) : head,
      whole,
      records: (place) => flat(batches(place)),
      batches,
    };
  }
  const source = flat(input.batches(undefined));
  const first: InputRecord[] = [];
  const head: string[] = [];
  let headUnits = 0;
  let whole = true;
  for (let next = await source.next(); next.done !== true; next = await source.next()) {
    first.push(next.value);
    const line = `${JSON.stringify(next.value.value ?? null)}\n`;
    headUnits += line.length;
    whole = headUnits * 3 <= HEAD_BYTES_MAX && first.length <= HEAD_ROWS_MAX;
    if (!whole) break;
    head.push(line);
  }
  async function* batches(): AsyncGenerator<Iterable<InputRecord>> {
    yield first;
    for await (const record of source) yield [record];
  }
  return {
    form: tableForm(form),
    layout: undefined,
    packing,
    encoding,
    head: new TextEncoder().encode(head.join('')),
    whole,
    records: () => flat(batches()),
    batches,
  };
}

function tableForm(form: InputForm): 'csv' | 'tsv' | 'parquet' {
  if (form.kind === 'parquet') return 'parquet';
  return form.kind === 'csv' && form.delimiter === '\t' ? 'tsv' : 'csv';
}

async function* flat(batches: AsyncGenerator<Iterable<InputRecord>>): AsyncGenerator<InputRecord> {
  for await (const batch of batches) for (const record of batch) yield record;
}
