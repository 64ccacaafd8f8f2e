import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { failureOf } from '@lockstep/testing-ports';
import { unpackers } from '@lockstep/unpackers';
import type { InputRecord } from './input-record.ts';
import { peekRecords } from './peek-records.ts';
import type { ReadRecordsOptions } from './read-options.ts';
import type { RandomAccess } from './tables/read-parquet.ts';
import { readRecords } from './read-records.ts';

const INPUTS = join(import.meta.dirname, '../../../../fixtures/inputs');

async function* blocksOf(bytes: Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

const bytesOf = (text: string | Uint8Array): Uint8Array =>
  typeof text === 'string' ? new TextEncoder().encode(text) : text;

async function read(
  text: string | Uint8Array,
  options: Partial<ReadRecordsOptions> = {},
  size?: number,
): Promise<InputRecord[]> {
  const records: InputRecord[] = [];
  for await (const record of readRecords(blocksOf(bytesOf(text), size), { name: 'a.json', ...options }))
    records.push(record);
  return records;
}

const values = (records: readonly InputRecord[]): unknown[] => records.map(({ value }) => value);

const accessTo = (bytes: Uint8Array): RandomAccess => ({
  size: bytes.length,
  slice: (from, to) => Promise.resolve(bytes.slice(from, to)),
});

describe('records at a place', () => {
  const record = { id: 'a', text: 'A good record.' };
  const records = [record, { id: 'b', text: 'Brackets ]}" and "{[' }];

  it.each([
    ['value', ['value'], { '@odata.context': 'x', value: records, more: [1] }],
    ['documents', ['documents'], { documents: records }],
    ['hits.hits', ['hits', 'hits'], { took: 1, hits: { total: { value: 2 }, hits: records, max: null }, end: '}' }],
    ['a key with a slash', ['docs/all'], { 'docs/all': records }],
  ])('are read under %s', async (_what, path, input) => {
    for (const spaces of [0, 2])
      expect(values(await read(JSON.stringify(input, null, spaces), { records: { path } }))).toEqual(records);
  });

  it('are the members of an object, each with its key, where they are keyed', async () => {
    const input = { 'docstore/metadata': { a: 1 }, 'docstore/data': { a: record, 'k"ey': 2 }, rest: null };
    const found = await read(JSON.stringify(input), { records: { path: ['docstore/data'], keyed: true } });
    expect(found.map(({ key, value }) => [key, value])).toEqual([
      ['a', record],
      ['k"ey', 2],
    ]);
    expect(await read('{"m":{}}', { records: { path: ['m'], keyed: true } })).toEqual([]);
    const top = await read(JSON.stringify({ a: record }), { records: { path: [], keyed: true } });
    expect(top).toMatchObject([{ key: 'a', value: record }]);
  });

  it('are what they are where they are no objects', async () => {
    expect(values(await read('{"texts":["a",null,2]}', { records: { path: ['texts'] } }))).toEqual(['a', null, 2]);
  });

  it('are read from each of several objects, as pages are', async () => {
    const page = (id: number) => JSON.stringify({ result: { points: [{ id }], next: id } });
    const found = await read(`${page(1)}\n${page(2)}`, { name: 'a.jsonl', records: { path: ['result', 'points'] } });
    expect(values(found)).toEqual([{ id: 1 }, { id: 2 }]);
  });

  it.each([
    ['{"a":[],"b":1}', ['c'], 'Expected the records at "c", as an array; found the keys "a", "b".'],
    ['{"a":{"b":[]}}', ['a'], 'Expected the records at "a", as an array; found an object in place of an array.'],
    ['{"a":[1]}', ['a', 'b'], 'Expected the records at "a" in "b", as an array; found an array in place of an object.'],
    ['[1]', ['a'], 'Expected the records at "a", as an array; found an array in place of an object.'],
  ])('are missed with the keys that are there: %s', async (text, path, message) => {
    expect(await failureOf(read(text, { records: { path } }))).toMatchObject({ code: 'input-no-container', message });
  });

  it('may stand at one place alone', async () => {
    const failure = await failureOf(read('{"a":[1],"a":[2]}', { records: { path: ['a'] } }));
    expect(failure.code).toBe('input-ambiguous-container');
  });

  it('are read with memory for one of them, however much stands beside', async () => {
    async function* large(): AsyncGenerator<Uint8Array> {
      const block = new Uint8Array(256 * 1024).fill(0x78);
      yield bytesOf('{"beside":"');
      for (let at = 0; at < 400; at += 1) yield block;
      yield bytesOf('","docs":[{"id":1}]}');
    }
    const before = process.memoryUsage().arrayBuffers;
    const found: InputRecord[] = [];
    for await (const next of readRecords(large(), { name: 'a.json', records: { path: ['docs'] } })) found.push(next);
    expect(values(found)).toEqual([{ id: 1 }]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
  });
});

describe('a broken record', () => {
  it('is one record with a problem that names the byte where it starts', async () => {
    const found = await read('{"id":1}\n{"id":2,"t":"Be"ta"}\n{"id":3}\n', { name: 'a.jsonl' });
    expect(values(found)).toEqual([{ id: 1 }, undefined, { id: 3 }]);
    expect(found[1]).toMatchObject({ index: 1, line: 2, problem: { code: 'not-json' } });
    expect(found[1]?.problem?.message).toMatch(/^expected JSON \(.*\); the record starts at byte 9$/);
  });

  it('is named with its number where the input cannot be read on', async () => {
    const records = Array.from({ length: 17 }, (_, id) => JSON.stringify({ id }));
    const failure = await failureOf(read(`[${records.join(',')},{"id":"x" "}]`));
    expect(failure.message).toMatch(/^Line 1, record 17: a string is not closed/);
    expect(failure).toMatchObject({ details: { line: 1, record: 17 } });
  });

  it('never takes a good one with it, wherever quotes and brackets are too many or too few', async () => {
    const good = { id: 'g', text: 'Good, "quoted", [brackets] and {braces}.' };
    const bad = JSON.stringify({ id: 'bad', text: 'some words', m: { list: [1, { a: 'b' }] } });
    const fault = fc.tuple(fc.nat(bad.length), fc.constantFrom('"', '{', '}', '[', ']', ',', ':', '\\'), fc.boolean());
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(fault), { maxLength: 6 }), fc.boolean(), async (faults, spaced) => {
        const texts = faults.map((one) => {
          if (one === null) return JSON.stringify(good);
          const [at, character, replaces] = one;
          return bad.slice(0, at) + character + bad.slice(at + (replaces ? 1 : 0));
        });
        const goods = faults.filter((one) => one === null).length;
        const found = await read(`[${texts.join(spaced ? ', ' : ',')}]`, {}, 1000).catch((error: unknown) => error);
        if (!Array.isArray(found)) return;
        expect(
          (found as InputRecord[]).filter(({ value }) => JSON.stringify(value) === JSON.stringify(good)),
        ).toHaveLength(goods);
      }),
      { numRuns: 1000 },
    );
  });

  it('that is the last line, without a line feed and without its end, means a file that is cut', async () => {
    for (const cut of ['{"id":2,"t":"', '{"id":2,"t":{"a":1}', '{"id":2', '\0\0\0']) {
      const failure = await failureOf(read(`{"id":1}\n${cut}`, { name: 'a.jsonl' }));
      expect(failure).toMatchObject({ code: 'input-malformed', details: { line: 2, record: 1 } });
      expect(values(await read(`{"id":1}\n${cut}\n{"id":3}`, { name: 'a.jsonl' }))).toEqual([
        { id: 1 },
        undefined,
        { id: 3 },
      ]);
    }
    expect(values(await read('{"id":1}\n{"id":2,"t":"Be"ta"}', { name: 'a.jsonl' }))).toEqual([{ id: 1 }, undefined]);
  });
});

describe('numbers that JSON does not have', () => {
  it('become null and are counted, wherever they stand, and strings stay as they are', async () => {
    const text = String.raw`{"NaN":"NaN, \"Infinity\", \\","a":[NaN,-Infinity , 1,Infinity],"b":{"c":NaN}}`;
    for (const input of [`[${text}]`, `${text}\n{"id":1}`]) {
      const [record] = await read(input);
      expect(record).toMatchObject({
        value: { NaN: 'NaN, "Infinity", \\', a: [null, null, 1, null], b: { c: null } },
        nonFinite: 4,
      });
    }
    expect(values(await read('{"note":NaN,"chunks":[{"id":1}]}'))).toEqual([{ id: 1 }]);
  });

  it('are no excuse for what else is wrong', async () => {
    const found = await read('{"a":-NaN}\n{"a":NaNs}\n{NaN:1}\n{"a":NaN,}\n{"a":1}\n', { name: 'a.jsonl' });
    expect(found.map(({ problem }) => problem?.code)).toEqual([
      'not-json',
      'not-json',
      'not-json',
      'not-json',
      undefined,
    ]);
  });
});

describe('the form is told by the bytes', () => {
  const objects = [{ id: 1, t: ['x'] }, { id: 2, t: ['{"id":3}\n'] }, { id: 4 }];
  const texts = {
    lines: objects.map((object) => JSON.stringify(object)).join('\n'),
    'pretty objects': objects.map((object) => JSON.stringify(object, null, 2)).join('\n'),
    'objects without space': objects.map((object) => JSON.stringify(object)).join(''),
    'an array': JSON.stringify(objects),
    'a pretty array': JSON.stringify(objects, null, 2),
    'a line for each element': `[${objects.map((object) => JSON.stringify(object)).join(',\n')}]`,
    'arrays one after another': objects.map((object) => JSON.stringify([object], null, 1)).join('\n'),
    'a pretty container': JSON.stringify({ note: 1, chunks: objects }, null, 2),
  };

  it.each(Object.entries(texts))('whatever the name says: %s', async (_what, text) => {
    for (const name of ['a.json', 'a.jsonl', 'a.csv', 'a.parquet', 'a'])
      for (const size of [1, 20, 1000]) expect(values(await read(text, { name }, size)), name).toEqual(objects);
  });

  it('and a broken first line is one record, where the next shows that lines are meant', async () => {
    const text = `{"id":1,"t":"Be"ta"}\n${texts.lines}`;
    for (const name of ['a.json', 'a.jsonl'])
      expect(values(await read(text, { name }))).toEqual([undefined, ...objects]);
  });
});

describe('a table', () => {
  const name = 'a.csv';

  it('is read back, whatever its cells hold and wherever it is split', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'é', '"', ',', ';', '\t', '\n', ' ', '\r\n'), maxLength: 6 });
    const row = fc.tuple(fc.constantFrom('x', 'y'), cell, cell);
    const options = fc.tuple(
      fc.constantFrom(',', ';', '\t'),
      fc.constantFrom('\n', '\r\n'),
      fc.integer({ min: 1, max: 9 }),
    );
    const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1 }), options, async (rows, [delimiter, end, size]) => {
        const text = [['id', 'text', 'note'], ...rows].map((cells) => cells.map(quoted).join(delimiter)).join(end);
        const wanted = rows.map(([id, body, note]) => ({ id, text: body || null, note: note || null }));
        expect(values(await read(text, { name }, size))).toEqual(wanted);
      }),
    );
  });

  it('gives the line on which a row starts', async () => {
    const found = await read('id,text\r\n1,"a\r\nb"\r\n\r\n2,c\r\n', { name });
    expect(found.map(({ index, line }) => [index, line])).toEqual([
      [0, 2],
      [1, 5],
    ]);
  });

  it('may have columns without a name, and one of a name that objects have from birth', async () => {
    const [record] = await read(',id,__proto__\n0,a,b\n', { name });
    expect(Object.entries(record?.value as object)).toEqual([
      ['column_1', '0'],
      ['id', 'a'],
      ['__proto__', 'b'],
    ]);
  });

  it('may lack a header: its columns then have numbers, and its first row is a record', async () => {
    const found = await read('0\tThe presence of communication amid minds.\n1\tThe Manhattan Project.\n', {
      name: 'a.tsv',
    });
    expect(values(found)).toEqual([
      { column_1: '0', column_2: 'The presence of communication amid minds.' },
      { column_1: '1', column_2: 'The Manhattan Project.' },
    ]);
  });

  it('with tabs takes quotes for characters from the first that quotes no whole cell, wherever it is split', async () => {
    const text = 'id\ttext\n1\t"a\tb"\n2\t"Hello," he said.\n3\t"whole"\n4\t"open\n5\tlast\n';
    for (const size of [1, 7, 1000])
      expect(values(await read(text, { name: 'a.tsv' }, size))).toEqual([
        { id: '1', text: 'a\tb' },
        { id: '2', text: '"Hello," he said.' },
        { id: '3', text: '"whole"' },
        { id: '4', text: '"open' },
        { id: '5', text: 'last' },
      ]);
  });

  it('is refused where a quote may have swallowed rows', async () => {
    const failure = await failureOf(read('id,text\n1,"Hello," he said.\n2,b\n3,"c"\n', { name }));
    expect(failure).toMatchObject({ code: 'input-malformed', details: { line: 2, record: 0 } });
  });

  it('is known by its content with any line end and delimiter, in UTF-16 too', async () => {
    for (const end of ['\n', '\r\n', '\r'])
      for (const delimiter of [',', ';', '\t']) {
        const text = `id${delimiter}text${end}1${delimiter}Words${end}2${delimiter}More words${end}`;
        for (const bytes of [bytesOf(text), utf16(text)])
          expect(values(await read(bytes, { name: 'a.txt' }))).toEqual([
            { id: '1', text: 'Words' },
            { id: '2', text: 'More words' },
          ]);
      }
  });

  it('has 10,000 columns at most', async () => {
    const failure = await failureOf(read(`id${',a'.repeat(1e6)}\n`, { name }, 65_536));
    expect(failure.message).toMatch(/^Line 1: the first row has 1000001 cells, more than 10000/);
  });

  it('may end every row with a delimiter', async () => {
    expect(values(await read('id,text\na,b,\nc,d,,\n', { name }))).toEqual([
      { id: 'a', text: 'b' },
      { id: 'c', text: 'd' },
    ]);
  });

  it('holds one row, and refuses one that does not end', async () => {
    async function* open(): AsyncGenerator<Uint8Array> {
      yield bytesOf('id,text\na,b\nc,"');
      for (;;) yield bytesOf('x'.repeat(64 * 1024));
    }
    const failure = await failureOf(
      (async () => {
        for await (const _ of readRecords(open(), { name, recordBytesMax: 1024 * 1024 }));
      })(),
    );
    expect(failure).toMatchObject({ code: 'input-malformed', details: { line: 3, record: 1 } });
  });

  it('is no table where its words are prose', async () => {
    for (const text of [
      'Dear reader, hello.\nThis is a letter, and no table, at all.\n',
      '# Title\n\nSome more words here.',
    ])
      expect(await failureOf(read(text, { name: 'a.txt' }))).toMatchObject({
        code: 'input-form',
        message: expect.stringMatching(/^The input is plain text/),
      });
  });

  it('in UTF-8 alone: other bytes are refused', async () => {
    const latin1 = Uint8Array.from('id,text\na,caf\xe9\n', (character) => character.charCodeAt(0));
    expect((await failureOf(read(latin1, { name }))).code).toBe('input-encoding');
  });
});

describe('Parquet', () => {
  const moment = 1_700_000_000_123_456n;
  const bytes = new Uint8Array(
    parquetWriteBuffer({
      schema: [
        { name: 'root', num_children: 5 },
        { name: 'id', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
        { name: 'micros', type: 'INT64', converted_type: 'TIMESTAMP_MICROS', repetition_type: 'REQUIRED' },
        { name: 'day', type: 'INT32', converted_type: 'DATE', repetition_type: 'REQUIRED' },
        { name: 'score', type: 'DOUBLE', repetition_type: 'OPTIONAL' },
        { name: 'count', type: 'INT64', repetition_type: 'REQUIRED' },
      ],
      columnData: [
        { name: 'id', data: ['a', 'b', 'c'] },
        { name: 'micros', data: [moment, -1n, 0n] },
        { name: 'day', data: [0, -1, 19_675] },
        { name: 'score', data: [Number.NaN, undefined, 0.5] },
        { name: 'count', data: [2n ** 53n - 1n, -(2n ** 60n), 0n] },
      ],
      rowGroupSize: 2,
    }),
  );

  it('gives rows of JSON: times as text, digits where a number would be rounded, null where there is none', async () => {
    const found = await read(bytes, { name: 'a.parquet', access: accessTo(bytes) });
    expect(values(found)).toEqual([
      { id: 'a', micros: '2023-11-14T22:13:20.123456Z', day: '1970-01-01', score: null, count: 2 ** 53 - 1 },
      { id: 'b', micros: '1969-12-31T23:59:59.999999Z', day: '1969-12-31', score: null, count: '-1152921504606846976' },
      { id: 'c', micros: '1970-01-01T00:00:00Z', day: '2023-11-14', score: 0.5, count: 0 },
    ]);
    expect(found.map(({ nonFinite, line }) => [nonFinite, line])).toEqual([
      [1, 1],
      [0, 2],
      [0, 3],
    ]);
  });

  it('is read to its end as a stream too, which vouches that it is one version', async () => {
    let taken = 0;
    async function* counted(): AsyncGenerator<Uint8Array> {
      for await (const block of blocksOf(bytes)) {
        taken += block.length;
        yield block;
      }
    }
    for await (const _ of readRecords(counted(), { name: 'a.parquet', access: accessTo(bytes) }));
    expect(taken).toBe(bytes.length);
  });

  it('without a file that can be read in any order is refused for that', async () => {
    expect(await failureOf(read(bytes))).toMatchObject({
      code: 'input-form',
      message: expect.stringMatching(/cannot be read in any order.*Give it as a file/),
    });
  });

  it('fails with what reading the file fails with', async () => {
    const fault = new Error('the disk went away');
    const access = { size: bytes.length, slice: () => Promise.reject(fault) };
    expect(await read(bytes, { access }).catch((error: unknown) => error)).toBe(fault);
  });

  it('that is cut anywhere is refused', async () => {
    for (let length = 32; length < bytes.length; length += 1) {
      const cut = bytes.slice(0, length);
      const found = await failureOf(read(cut, { name: 'a.parquet', access: accessTo(cut) }, 4096));
      expect([length, found?.code]).toEqual([length, 'input-parquet']);
    }
  });
});

describe('compressed input', () => {
  const two = readFileSync(join(INPUTS, 'valid/gzip-two-members.jsonl.gz'));
  const zstd = readFileSync(join(INPUTS, 'valid/lines.jsonl.zst'));

  it('of several members is refused, and never read in part, by a runtime that reads one', async () => {
    expect(await failureOf(read(two))).toMatchObject({
      code: 'input-gzip',
      message: expect.stringMatching(/this runtime reads one member alone/),
    });
  });

  it('is named where the runtime cannot unpack it', async () => {
    const native = (globalThis as { DecompressionStream?: unknown }).DecompressionStream;
    let known = true;
    try {
      new DecompressionStream('zstd' as CompressionFormat);
    } catch {
      known = native === undefined;
    }
    if (known) expect(await read(zstd, { name: 'a.jsonl' })).toHaveLength(3);
    else
      expect(await failureOf(read(zstd))).toMatchObject({
        code: 'input-zstd',
        message: 'The input is compressed with zstd, which this runtime cannot unpack.',
      });
  });

  it('fails with what its source fails with', async () => {
    const fault = new Error('the disk went away');
    async function* failing(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 20);
      throw fault;
    }
    for (const [bytes, given] of [
      [two, undefined],
      [two, unpackers],
      [zstd, unpackers],
    ] as const) {
      const failure = await (async () => {
        for await (const _ of readRecords(failing(bytes), { name: 'a.jsonl', unpackers: given }));
      })().catch((error: unknown) => error);
      expect(failure).toBe(fault);
    }
  });
});

describe('peekRecords', () => {
  const peek = (text: string | Uint8Array, options: Partial<ReadRecordsOptions> = {}) =>
    peekRecords(blocksOf(bytesOf(text), 4000), { name: 'a.json', ...options });
  const rest = async (records: AsyncIterable<InputRecord>): Promise<unknown[]> => {
    const found: InputRecord[] = [];
    for await (const record of records) found.push(record);
    return values(found);
  };
  const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

  it('shows the start of JSON as UTF-8 without a mark, and gives all records after it', async () => {
    const text = '[{"id":1},{"id":2}]';
    for (const bytes of [bytesOf(text), bytesOf(`\uFEFF${text}`), utf16(text)]) {
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
