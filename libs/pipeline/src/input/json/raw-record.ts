/** One record of the input before it is parsed: its bytes and its place. */
export interface RawRecord {
  /** 0-based position among the records. */
  readonly index: number;
  /** 1-based line of the input on which the record starts. */
  readonly line: number;
  /** 0-based byte of the unpacked input on which it starts. */
  readonly offset: number;
  /** What ended it: its own last byte, a line feed, or the end of the input. */
  readonly end: 'value-end' | 'line-end' | 'input-end';
  /** Valid until the next record. Undefined for a record of more than `recordBytesMax` bytes, which was skipped. */
  readonly bytes: Uint8Array | undefined;
  /** The key under which it stood, where the records are the members of an object. */
  readonly key?: string | undefined;
}
