import { readRecords, type InputRecord, type ReadRecordsOptions } from '@lockstep/pipeline';
import { blocksOf } from '@lockstep/testing-ports';

/** Reads an input in blocks of `size` bytes; without a name it is `a.json`. */
export async function readInput(
  text: string | Uint8Array,
  options: Partial<ReadRecordsOptions> = {},
  size = 7,
): Promise<InputRecord[]> {
  const records: InputRecord[] = [];
  for await (const record of readRecords(blocksOf(text, size), { name: 'a.json', ...options })) records.push(record);
  return records;
}

export const valuesOf = (records: readonly InputRecord[]): unknown[] => records.map(({ value }) => value);
