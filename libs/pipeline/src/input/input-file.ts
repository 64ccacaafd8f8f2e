import type { ReadRecordsOptions } from './read-options.ts';

/** One file of an input, opened. */
export interface InputFile extends Pick<ReadRecordsOptions, 'name' | 'access' | 'unpackers'> {
  /** What messages and receipts call it. @default nothing, where the input is one file */
  readonly file?: string | undefined;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** SHA-256 of the bytes, in hex; called when all of them were read. @default the receipt has no basis */
  readonly digest?: (() => string) | undefined;
}

/** The files of an input in their order. Each is read to its end before the next is asked for. */
export type InputFiles = Iterable<InputFile> | AsyncIterable<InputFile>;
