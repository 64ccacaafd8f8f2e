import type { JsonValue } from '@lockstep/model';
import { gunzipped } from './gunzipped.ts';
import { parseBytes, scanRecords, type RawRecord } from './scan-json.ts';

/** A parsed record of the input and its place. `value` is undefined for a record that was too large, and skipped. */
export interface InputRecord {
  readonly index: number;
  readonly line: number;
  readonly value: JsonValue | undefined;
}

export interface ReadRecordsOptions {
  /** Name of the file; `.jsonl` and `.ndjson`, gzipped or not, say that every line is a record. */
  readonly name: string;
  /** Bytes a record may have; larger ones are skipped. @default RECORD_BYTES_MAX */
  readonly recordBytesMax?: number;
}

/** 16 MiB: a whole record is in memory while it is parsed, about three times over. */
export const RECORD_BYTES_MAX = 16 * 1024 * 1024;

/**
 * Streams the records of an input: a JSON array, an object with `chunks`, `data` or `items`, or JSON lines, each also
 * gzipped. Memory is bounded by one record.
 *
 * Fails with `input-malformed`, `input-encoding`, `input-gzip`, `input-no-container` or `input-ambiguous-container`,
 * naming the line.
 */
export async function* readRecords(
  bytes: AsyncIterable<Uint8Array>,
  options: ReadRecordsOptions,
): AsyncGenerator<InputRecord> {
  const scan = scanRecords({
    recordBytesMax: options.recordBytesMax ?? RECORD_BYTES_MAX,
    lines: /\.(jsonl|ndjson)(\.gz)?$/i.test(options.name),
  });
  scan.next();
  for await (const block of gunzipped(bytes)) {
    for (const record of drain(scan, block)) yield parsed(record);
  }
  for (const record of drain(scan, undefined)) yield parsed(record);
}

/** Gives the scanner a block, and yields the records that it finds until it asks for the next block. */
function* drain(scan: ReturnType<typeof scanRecords>, block: Uint8Array | undefined): Generator<RawRecord> {
  for (let step = scan.next(block); step.done !== true && step.value !== undefined; step = scan.next())
    yield step.value;
}

function parsed({ index, line, bytes }: RawRecord): InputRecord {
  return { index, line, value: bytes === undefined ? undefined : (parseBytes(bytes, line) as JsonValue) };
}
