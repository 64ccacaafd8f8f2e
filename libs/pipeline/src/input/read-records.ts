import type { InputRecord } from './input-record.ts';
import { openRecords } from './open-records.ts';
import type { ReadRecordsOptions } from './read-options.ts';

/**
 * Streams the records of an input: JSON in arrays, objects, lines or values one after another, CSV and TSV with a header,
 * Parquet; the texts also in gzip and zstd, and in UTF-16 with a mark. Memory is bounded by one record, that of Parquet
 * by one row group.
 *
 * A broken record in a sound input is one record with a `problem`. Fails with `input-malformed`, `input-encoding`,
 * `input-gzip`, `input-zstd`, `input-parquet`, `input-form`, `input-columns`, `input-no-container` or
 * `input-ambiguous-container`.
 */
export async function* readRecords(
  bytes: AsyncIterable<Uint8Array>,
  options: ReadRecordsOptions,
): AsyncGenerator<InputRecord> {
  const input = await openRecords(bytes, options);
  for await (const batch of input.batches(options.records)) for (const record of batch) yield record;
}
