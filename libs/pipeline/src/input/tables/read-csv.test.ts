import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encoded, failureOf } from '@lockstep/testing-ports';
import { readInput, valuesOf } from '@lockstep/testing-runs';
import { readRecords } from '../read-records.ts';

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
        expect(valuesOf(await readInput(text, { name }, size))).toEqual(wanted);
      }),
    );
  });

  it('gives the line on which a row starts', async () => {
    const found = await readInput('id,text\r\n1,"a\r\nb"\r\n\r\n2,c\r\n', { name });
    expect(found.map(({ index, line }) => [index, line])).toEqual([
      [0, 2],
      [1, 5],
    ]);
  });

  it('may have columns without a name, and one of a name that objects have from birth', async () => {
    const [record] = await readInput(',id,__proto__\n0,a,b\n', { name });
    expect(Object.entries(record?.value as object)).toEqual([
      ['column_1', '0'],
      ['id', 'a'],
      ['__proto__', 'b'],
    ]);
  });

  it('may lack a header: its columns then have numbers, and its first row is a record', async () => {
    const found = await readInput('0\tThe presence of communication amid minds.\n1\tThe Manhattan Project.\n', {
      name: 'a.tsv',
    });
    expect(valuesOf(found)).toEqual([
      { column_1: '0', column_2: 'The presence of communication amid minds.' },
      { column_1: '1', column_2: 'The Manhattan Project.' },
    ]);
  });

  it('with tabs takes quotes for characters from the first that quotes no whole cell, wherever it is split', async () => {
    const text = 'id\ttext\n1\t"a\tb"\n2\t"Hello," he said.\n3\t"whole"\n4\t"open\n5\tlast\n';
    for (const size of [1, 7, 1000])
      expect(valuesOf(await readInput(text, { name: 'a.tsv' }, size))).toEqual([
        { id: '1', text: 'a\tb' },
        { id: '2', text: '"Hello," he said.' },
        { id: '3', text: '"whole"' },
        { id: '4', text: '"open' },
        { id: '5', text: 'last' },
      ]);
  });

  it('is refused where a quote may have swallowed rows', async () => {
    const failure = await failureOf(readInput('id,text\n1,"Hello," he said.\n2,b\n3,"c"\n', { name }));
    expect(failure).toMatchObject({ code: 'input-malformed', details: { line: 2, record: 0 } });
  });

  it('is known by its content with any line end and delimiter, in UTF-16 too', async () => {
    for (const end of ['\n', '\r\n', '\r'])
      for (const delimiter of [',', ';', '\t']) {
        const text = `id${delimiter}text${end}1${delimiter}Words${end}2${delimiter}More words${end}`;
        for (const bytes of [encoded(text), utf16(text)])
          expect(valuesOf(await readInput(bytes, { name: 'a.txt' }))).toEqual([
            { id: '1', text: 'Words' },
            { id: '2', text: 'More words' },
          ]);
      }
  });

  it('has 10,000 columns at most', async () => {
    const failure = await failureOf(readInput(`id${',a'.repeat(1e6)}\n`, { name }, 65_536));
    expect(failure.message).toMatch(/^Line 1: the first row has 1000001 cells, more than 10000/);
  });

  it('may end every row with a delimiter', async () => {
    expect(valuesOf(await readInput('id,text\na,b,\nc,d,,\n', { name }))).toEqual([
      { id: 'a', text: 'b' },
      { id: 'c', text: 'd' },
    ]);
  });

  it('holds one row, and refuses one that does not end', async () => {
    async function* open(): AsyncGenerator<Uint8Array> {
      yield encoded('id,text\na,b\nc,"');
      for (;;) yield encoded('x'.repeat(64 * 1024));
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
      expect(await failureOf(readInput(text, { name: 'a.txt' }))).toMatchObject({
        code: 'input-form',
        message: expect.stringMatching(/^The input is plain text/),
      });
  });

  it('in UTF-8 alone: other bytes are refused', async () => {
    const latin1 = Uint8Array.from('id,text\na,caf\xe9\n', (character) => character.charCodeAt(0));
    expect((await failureOf(readInput(latin1, { name }))).code).toBe('input-encoding');
  });
});

function utf16(text: string): Uint8Array {
  return new Uint8Array(Uint16Array.from(`\uFEFF${text}`, (unit) => unit.charCodeAt(0)).buffer);
}
