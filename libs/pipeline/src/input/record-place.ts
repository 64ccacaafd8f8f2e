/** Where a record stands: its number in its file, and the file where the input has several. */
export interface RecordPlace {
  readonly index: number;
  readonly file?: string | undefined;
}

/** A place in words: `record 3`, or `record 3 of a.json`. */
export function placeText({ index, file }: RecordPlace): string {
  return file === undefined ? `record ${index}` : `record ${index} of ${file}`;
}
