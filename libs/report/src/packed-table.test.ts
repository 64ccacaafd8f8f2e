import { promisify } from 'node:util';
import { deflateRaw } from 'node:zlib';
import { expect, it } from 'vitest';
import { packTable, unpackTable } from './packed-table.ts';

const deflate = promisify(deflateRaw);

it('a table is unpacked as it was packed, whatever its texts are', async () => {
  const columns = {
    text: ['<script>alert(1)</script>', '\u202Eabc', null, '資料 😀', '', '\uD800', 'null', '资'.repeat(50_000)],
    line: [1, 0, null, -1, 2 ** 53 - 1, 0.5, 7, 7],
  };
  const packed = await packTable(columns, deflate);
  expect(packed.rows).toBe(8);
  expect(await unpackTable(packed, ['text', 'line'])).toEqual({ ...columns, text: columns.text });
});

it('a table without a row is unpacked without its columns being there', async () => {
  expect(await unpackTable(await packTable({}, deflate), ['a'])).toEqual({ a: [] });
});

it('unpacking fails for a table that lacks a column', async () => {
  const packed = await packTable({ a: [1, 2] }, deflate);
  await expect(unpackTable(packed, ['a', 'b'])).rejects.toThrow('Expected 2 values in the column b.');
});

it('100,000 records of few reasons take less than 2 MB', async () => {
  const rows = Array.from({ length: 100_000 }, (_, at) => at);
  const columns = {
    chunk: rows.map((at) => `documents/${at % 977}/chunk-${at}`),
    line: rows.map((at) => at * 3 + 1),
    code: rows.map((at) => ['text-missing', 'id-missing', 'text-blank'][at % 3] as string),
  };
  expect((await packTable(columns, deflate)).deflated.length).toBeLessThan(2_000_000);
});
