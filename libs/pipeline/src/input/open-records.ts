import { asUtf8, type Encoding } from './bytes/utf8-bytes.ts';
import { foreign } from './foreign-forms.ts';
import type { InputRecord } from './input-record.ts';
import { HEAD_BYTES_MAX, inputForm, saysLines, type InputForm } from './input-form.ts';
import { parseRaw } from './json/parse-json.ts';
import { peekBytes, type PeekedBytes } from './bytes/peeked-bytes.ts';
import type { RawRecord } from './json/raw-record.ts';
import { readCsv } from './tables/read-csv.ts';
import { readParquet } from './tables/read-parquet.ts';
import { RECORD_BYTES_MAX, type ReadRecordsOptions } from './read-options.ts';
import { scanRecords, type RecordsPlace } from './json/scan-json.ts';
import { unpacked, type Packing } from './bytes/unpacked.ts';

/** An input whose form is known, and of which no record was read yet. */
export interface OpenedRecords {
  readonly form: InputForm;
  /** How it was compressed. */
  readonly packing: Packing | undefined;
  readonly encoding: Encoding;
  /** The unpacked bytes, as UTF-8 where the form is a text. */
  readonly bytes: PeekedBytes;
  /** The records, those of a block at a time; each must be taken before the next is asked for. To be asked for once. */
  batches(records: RecordsPlace | undefined): AsyncGenerator<Iterable<InputRecord>>;
}

/** Finds out the form of an input, reading no more of it than that takes. Fails as `readRecords` does. */
export async function openRecords(
  given: AsyncIterable<Uint8Array>,
  options: ReadRecordsOptions,
): Promise<OpenedRecords> {
  const source = peekBytes(given);
  try {
    const { bytes: plain, packing } = await unpacked(source, options.unpackers);
    const { bytes, encoding } = await asUtf8(plain);
    const form = await formOf(bytes, options.name);
    const { access, recordBytesMax = RECORD_BYTES_MAX, exactIntegers = false } = options;
    if (form.kind === 'parquet' && (access === undefined || packing !== undefined))
      throw foreign('Parquet that cannot be read in any order', 'Give it as a file that is not compressed again.');
    async function* batches(records: RecordsPlace | undefined): AsyncGenerator<Iterable<InputRecord>> {
      if (form.kind === 'json') {
        const scan = scanRecords({ recordBytesMax, layout: form.layout, lines: saysLines(options.name), records });
        scan.next();
        for await (const block of bytes.whole()) yield drain(scan, block, exactIntegers);
        yield drain(scan, undefined, exactIntegers);
      } else if (form.kind === 'csv') {
        yield* readCsv(bytes.whole(), { delimiter: form.delimiter, recordBytesMax });
      } else if (access !== undefined) {
        yield* readParquet(access);
        // Whoever gives the bytes may count and compare them.
        for await (const _ of bytes.whole());
      }
    }
    return { form, packing, encoding, bytes, batches };
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function formOf(bytes: PeekedBytes, name: string): Promise<InputForm> {
  for (let wanted = 2; ; wanted = Math.min(HEAD_BYTES_MAX, 2 * Math.max(wanted, bytes.head().length))) {
    const whole = !(await bytes.reach(wanted)) || wanted >= HEAD_BYTES_MAX;
    const form = inputForm(bytes.head().subarray(0, HEAD_BYTES_MAX), whole, name);
    if (form !== undefined) return form;
  }
}

/** Gives the scanner a block, and yields the records that it finds until it asks for the next block. */
function* drain(
  scan: ReturnType<typeof scanRecords>,
  block: Uint8Array | undefined,
  exactIntegers: boolean,
): Generator<InputRecord> {
  for (let step = scan.next(block); step.done !== true && step.value !== undefined; step = scan.next())
    yield recordOf(step.value, exactIntegers);
}

function recordOf(raw: RawRecord, exactIntegers: boolean): InputRecord {
  return { index: raw.index, line: raw.line, ...parseRaw(raw, exactIntegers), key: raw.key };
}
