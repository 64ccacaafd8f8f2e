import { describe, expect, it } from 'vitest';
import { blocksOf, failureOf } from '@lockstep/testing-ports';
import { COLUMNS_BYTES_MAX } from './json/column-list.ts';
import { readShapedRecords } from './shapes/read-shaped-records.ts';
import type { ShapedRecord } from './shapes/shaped-records.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

async function read(bytes: AsyncIterable<Uint8Array>, recordBytesMax?: number) {
  const shaped = await readShapedRecords({ name: 'chroma.json', bytes, recordBytesMax });
  const records: ShapedRecord[] = [];
  for await (const batch of shaped.batches) records.push(...batch);
  return { records, shape: shaped.report().shape };
}

const CHROMA = {
  ids: ['a', 'b', 'c'],
  embeddings: [
    [0.1, 0.2],
    [0.3, 0.4],
    [0.5, 0.6],
  ],
  metadatas: [{ source: 'x', 'k"]': '[{' }, null, { n: 3 }],
  documents: ['Brackets ]}" and "{[', 'Beta', null],
  uris: null,
  included: ['documents'],
};

describe('records in columns', () => {
  it.each([0, 2])(
    'are put together whatever stands in their values, with %i spaces, at any block size',
    async (spaces) => {
      const text = JSON.stringify(CHROMA, null, spaces);
      for (const size of [1, 7, 1 << 20]) {
        const { records, shape } = await read(blocksOf(text, size));
        expect(shape).toBe('chroma');
        expect(records.map(({ value }) => value)).toMatchObject([
          { chunk_id: 'a', text: 'Brackets ]}" and "{[', document_id: 'x', metadata: { source: 'x', 'k"]': '[{' } },
          { chunk_id: 'b', text: 'Beta', metadata: {} },
          { chunk_id: 'c', metadata: { n: 3 } },
        ]);
        expect(records.map(({ index, line }) => [index, line])).toEqual(
          [0, 1, 2].map((at) => [at, spaces > 0 ? 3 + at : 1]),
        );
      }
    },
  );

  it('of several answers one after another are all read', async () => {
    const page = (id: string): string => JSON.stringify({ ids: [id], documents: [`Text ${id}.`], metadatas: [null] });
    const { records } = await read(blocksOf(`${page('a')}\n${page('b')}\n`, 64));
    expect(records.map(({ value }) => value)).toMatchObject([{ chunk_id: 'a' }, { chunk_id: 'b', text: 'Text b.' }]);
  });

  it('are told by their ids alone where those are all that is near', async () => {
    const ids = Array.from({ length: 20_000 }, (_, at) => `id-${at}-of-a-long-collection`);
    const text = JSON.stringify({ ids, embeddings: null, documents: ids.map((id) => `Text ${id}`), metadatas: null });
    const { records, shape } = await read(blocksOf(text, 65_536));
    expect([shape, records.length, records.at(-1)?.value]).toMatchObject([
      'chroma',
      20_000,
      { chunk_id: ids.at(-1), text: `Text ${ids.at(-1)}` },
    ]);
  });

  it.each([
    [{ ...CHROMA, documents: ['one', 'two'] }, '3 in ids, 3 in metadatas, 2 in documents'],
    [{ ids: [['a', 'b'], ['c']], documents: [['x', 'y'], []] }, '3 in ids, 2 in documents'],
  ])('of different lengths are refused: %#', async (value, found) => {
    const failure = await failureOf(read(blocksOf(JSON.stringify(value), 64)));
    expect(failure).toMatchObject({ code: 'input-columns' });
    expect(failure.message).toContain(`Expected a value for each record in every column, found ${found}.`);
  });

  it('of which one has a value that is too large lose that record alone, as a reject', async () => {
    const { records } = await read(
      blocksOf(JSON.stringify({ ids: ['a', 'b'], documents: ['x'.repeat(900), 'y'] }), 64),
      512,
    );
    expect(records.map(({ value }) => value)).toMatchObject([undefined, { chunk_id: 'b' }]);
  });

  it.each([
    ['{"ids":["a"],"documents":["x"],"documents":["y"]}', 'input-ambiguous-container'],
    ['{"ids":["a"],"documents":["x" "y"]}', 'input-malformed'],
    ['{"ids":["a"],"documents":["x"', 'input-malformed'],
    ['{"ids":["a"],"documents":[,"x"]}', 'input-malformed'],
  ])('must be sound: %s', async (text, code) => {
    expect(await failureOf(read(blocksOf(text, 64)))).toMatchObject({ code });
  });

  it('may be as large as they like without their vectors, which are passed over', async () => {
    async function* large(): AsyncGenerator<Uint8Array> {
      yield encode('{"ids":["a"],"documents":["x"],"embeddings":[[0');
      const block = encode(`${',0.25'.repeat(50_000)}],[0`);
      for (let at = 0; at < 400; at += 1) yield block;
      yield encode(']]}');
    }
    const before = process.memoryUsage().arrayBuffers;
    expect((await read(large(), 64 * 1024)).records).toHaveLength(1);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
  });

  it('beyond the bound are refused, with what to do', async () => {
    async function* large(): AsyncGenerator<Uint8Array> {
      yield encode('{"ids":["a"],"documents":["x"');
      const block = encode(`,"${'x'.repeat(1024 * 1024)}"`);
      for (let bytes = 0; bytes <= COLUMNS_BYTES_MAX; bytes += block.length) yield block;
      yield encode(']}');
    }
    const failure = await failureOf(read(large()));
    expect(failure).toMatchObject({ code: 'input-columns' });
    expect(failure.message).toMatch(/more than 134217728 bytes.*Export the collection in parts/);
  });
});
