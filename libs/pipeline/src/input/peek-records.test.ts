import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { accessTo, blocksOf, encoded } from '@lockstep/testing-ports';
import { valuesOf } from '@lockstep/testing-runs';
import type { InputRecord } from './input-record.ts';
import { peekRecords } from './peek-records.ts';
import type { ReadRecordsOptions } from './read-options.ts';

const INPUTS = join(import.meta.dirname, '../../../../fixtures/inputs');

describe('peekRecords', () => {
  const peek = (text: string | Uint8Array, options: Partial<ReadRecordsOptions> = {}) =>
    peekRecords(blocksOf(encoded(text), 4000), { name: 'a.json', ...options });
  const rest = async (records: AsyncIterable<InputRecord>): Promise<unknown[]> => {
    const found: InputRecord[] = [];
    for await (const record of records) found.push(record);
    return valuesOf(found);
  };
  const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

  it('shows the start of JSON as UTF-8 without a mark, and gives all records after it', async () => {
    const text = '[{"id":1},{"id":2}]';
    for (const bytes of [encoded(text), encoded(`\uFEFF${text}`), utf16(text)]) {
      const peeked = await peek(bytes);
      expect([peeked.form, textOf(peeked.head), peeked.whole]).toEqual(['json', text, true]);
      expect(await rest(peeked.records())).toEqual([{ id: 1 }, { id: 2 }]);
    }
  });

  it('shows 256 KiB at most', async () => {
    const records = Array.from({ length: 40_000 }, (_, id) => ({ id, text: 'x' }));
    const peeked = await peek(JSON.stringify({ value: records }));
    expect([peeked.head.length, peeked.whole]).toEqual([256 * 1024, false]);
    expect(await rest(peeked.records({ path: ['value'] }))).toHaveLength(40_000);
  });

  it('shows the first rows of a table as JSON lines', async () => {
    const rows = Array.from({ length: 300 }, (_, id) => `${id};t`).join('\n');
    const peeked = await peek(`id;text\n${rows}`, { name: 'a.csv' });
    const lines = textOf(peeked.head).trimEnd().split('\n');
    expect([peeked.form, peeked.whole, lines.length, lines[1]]).toEqual(['csv', false, 100, '{"id":"1","text":"t"}']);
    expect(await rest(peeked.records())).toHaveLength(300);
    expect((await peek('id\ttext\n1\tx')).form).toBe('tsv');
    const bytes = readFileSync(join(INPUTS, 'valid/parquet-under-json-name.json'));
    const table = await peek(bytes, { access: accessTo(bytes) });
    expect([table.form, table.whole, textOf(table.head)]).toEqual([
      'parquet',
      true,
      '{"id":"a","text":"The text of a."}\n{"id":"b","text":"The text of b."}\n',
    ]);
    expect(await rest(table.records())).toHaveLength(2);
  });
});

function utf16(text: string): Uint8Array {
  return new Uint8Array(Uint16Array.from(`\uFEFF${text}`, (unit) => unit.charCodeAt(0)).buffer);
}
