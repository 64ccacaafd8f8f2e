/** Where a record stands: its number in its file, from 0, and the file where the input has several. */
export interface RecordPlace {
  readonly index: number;
  readonly file?: string | undefined;
  /** On which it starts, from 1. */
  readonly line?: number | undefined;
}

/** A place in words, as people count: `record 4, line 7`, or `record 4 of a.json, line 7`. */
export function placeText({ index, file, line }: RecordPlace): string {
  const record = `record ${recordNumber(index)}${file === undefined ? '' : ` of ${file}`}`;
  return line === undefined ? record : `${record}, line ${line}`;
}

/** The number of a record for people, who count from 1. */
export function recordNumber(index: number): number {
  return index + 1;
}
