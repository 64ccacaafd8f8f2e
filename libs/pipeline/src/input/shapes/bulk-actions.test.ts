import { describe, expect, it } from 'vitest';
import { readShapedRecords } from './read-shaped-records.ts';

async function read(...lines: readonly (object | string)[]) {
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield new TextEncoder().encode(`${text}\n`);
  }
  const shaped = await readShapedRecords({ name: 'bulk.ndjson', bytes: bytes() });
  const records: unknown[][] = [];
  for await (const batch of shaped.batches) {
    for (const { index, line, value, problem } of batch) {
      const { chunk_id: id, text: found } = (value ?? {}) as { chunk_id?: string; text?: string };
      records.push([index, line, problem === undefined ? `${id}: ${found}` : `${problem.code}: ${problem.message}`]);
    }
  }
  return { records, shape: shaped.report().shape };
}

const index = (id: string) => ({ index: { _id: id } });

describe('lines of a bulk request', () => {
  it('are records of an action and a document, even where the document alone is one of our own shape', async () => {
    const { records, shape } = await read(
      index('a'),
      { id: 'x', text: 'One' },
      { create: { _id: 'b' } },
      { text: 'Two' },
    );
    expect(shape).toBe('elasticsearch-bulk');
    expect(records).toEqual([
      [0, 1, 'a: One'],
      [1, 3, 'b: Two'],
    ]);
  });

  it('without an action or a document are rejects with their places, and no others', async () => {
    const { records } = await read(
      ...[index('a'), { text: 'One' }, index('b'), index('c'), { text: 'Three' }],
      ...[{ text: 'Four' }, { delete: { _id: 'z' } }, '{"index": {"_id": "d"}', { text: 'Five' }],
      ...[index('e'), '{"text": "Be"ta"}', { update: { _id: 'f' } }, { script: 'x' }, index('g')],
    );
    expect(records).toEqual([
      [0, 1, 'a: One'],
      [1, 3, 'bad-action: expected a document after the action "index"'],
      [2, 4, 'c: Three'],
      [3, 6, 'bad-action: expected an action such as {"index": {"_id": "1"}} before the document'],
      [4, 7, 'bad-action: expected a document, found a deletion, which has no text to index'],
      [5, 8, expect.stringMatching(/^not-json: /)],
      [6, 9, expect.stringMatching(/^bad-action: expected an action/)],
      [7, 11, expect.stringMatching(/^not-json: /)],
      [8, 12, 'bad-action: expected the update to have "doc", an object'],
      [9, 14, 'bad-action: expected a document after the action "index"'],
    ]);
  });

  it('are none where the records only have a key of that name', async () => {
    const { shape } = await read({ id: '1', text: 'One', index: { a: 1 } }, { id: '2', text: 'Two', index: { a: 2 } });
    expect(shape).toBe('lockstep');
  });
});
