import type { RandomAccess } from './tables/read-parquet.ts';
import type { RecordsPlace } from './json/scan-json.ts';
import type { Unpackers } from './bytes/unpacked.ts';

/** An input and how it is read, apart from its bytes. */
export interface ReadRecordsOptions {
  /** Name of the file; it counts where the bytes leave a doubt: `.jsonl`, `.ndjson`, `.csv`, `.tsv`, compressed or not. */
  readonly name: string;
  /** Bytes a record may have; larger ones are skipped. @default 16 MiB */
  readonly recordBytesMax?: number | undefined;
  /** Where in an object the records stand. @default the top, or `chunks`, `data` or `items` there */
  readonly records?: RecordsPlace | undefined;
  /** Whether integers beyond 2^53 become their digits as text, and no rounded numbers. @default false */
  readonly exactIntegers?: boolean | undefined;
  /** The same input in any order; Parquet needs it. */
  readonly access?: RandomAccess | undefined;
  /** Unpack gzip of several members, and zstd. @default what `DecompressionStream` knows */
  readonly unpackers?: Unpackers | undefined;
}

/** A record is held in memory whole while it is parsed, about three times over. */
export const RECORD_BYTES_MAX = 16 * 1024 * 1024;
