import { beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject, PayloadFilter } from '@lockstep/model';
import { createStubEmbedder, failureOf } from '@lockstep/testing-ports';
import { createCorpusRig, type CorpusRig } from '@lockstep/testing-runs';
import { createReader, matchPoints, type Reader, type SearchOptions } from './create-reader.ts';

const INPUTS: readonly JsonObject[] = [
  { id: 'a', text: 'first', document_id: 'd', chapter_title: 't', page_number: 1, created_at: '2025-12-05', tag: 'x' },
  { id: 'b', text: 'second', page_number: 2 },
  { id: 'c', text: 'third' },
  { id: 'd', text: 'fourth' },
];

let rig: CorpusRig;
let reader: Reader;
let pointId: string;

beforeEach(async () => {
  rig = createCorpusRig({ payload: ['page_number', 'tag'] });
  await rig.load(INPUTS);
  pointId = await rig.pointIdOf('a');
  reader = createReader(rig);
});

describe('search', () => {
  it('gives the chunk of the nearest point first, as its row has it', async () => {
    const { hits, dropped } = await reader.search('first', { limit: 2 });
    expect([hits.length, dropped]).toEqual([2, 0]);
    expect(hits[0]).toEqual({
      score: expect.closeTo(1, 5) as number,
      corpus: 'books',
      pointId,
      chunkId: 'a',
      documentId: 'd',
      chapterTitle: 't',
      pageNumber: 1,
      text: 'first',
      createdAt: '2025-12-05T00:00:00.000000Z',
      metadata: { tag: 'x' },
    });
  });

  it('drops and counts a hit without a row, or with a row of other content', async () => {
    rig.rows.table.delete(pointId);
    expect(await reader.search('first')).toMatchObject({ dropped: 1 });
    await rig.load(INPUTS);
    expect(await reader.search('first')).toMatchObject({ dropped: 0 });
    const row = rig.rows.table.get(pointId);
    if (row === undefined) throw new Error('no such row');
    row.contentHash = 'newer';
    const { hits, dropped } = await reader.search('first', { limit: 2 });
    expect([hits.length, hits.some(({ chunkId }) => chunkId === 'a'), dropped]).toEqual([1, false, 1]);
  });

  it('says why a point is no hit, and shows it with the row of its id', async () => {
    rig.rows.table.delete(await rig.pointIdOf('b'));
    const row = rig.rows.table.get(await rig.pointIdOf('c'));
    if (row === undefined) throw new Error('no such row');
    row.contentHash = 'newer';
    const point = rig.vectors.collection?.points.get(pointId);
    if (point === undefined) throw new Error('no such point');
    rig.vectors.collection?.points.set('7', { ...point });
    const { matches } = await matchPoints(rig, 'first');
    const told = matches.map(({ point: found, row: its, dropped }) => [
      found.payload['chunk_id'],
      its?.chunkId,
      dropped,
    ]);
    expect(told.toSorted()).toEqual([
      ['a', undefined, 'foreign-id'],
      ['a', 'a', undefined],
      ['b', undefined, 'no-row'],
      ['c', 'c', 'other-content'],
      ['d', 'd', undefined],
    ]);
  });

  it('finds only points of its corpus, and of any corpus without one', async () => {
    const other = createCorpusRig({ ...rig, corpus: 'films' });
    await other.load([{ id: 'z', text: 'first' }]);
    const found = async (each: Reader) => new Set((await each.search('first')).hits.map(({ corpus }) => corpus));
    expect(await found(createReader({ ...rig, corpus: 'films' }))).toEqual(new Set(['films']));
    expect(await found(createReader({ ...rig, corpus: undefined }))).toEqual(new Set(['books', 'films']));
  });

  it('says which corpora there are where it finds nothing', async () => {
    expect(await createReader({ ...rig, corpus: 'boks' }).search('first')).toEqual({
      hits: [],
      dropped: 0,
      stored: ['books'],
    });
  });

  it('finds only points that meet the filter', async () => {
    const { hits } = await reader.search('first', { filter: { page_number: { gte: 2 } } });
    expect(hits.map(({ chunkId }) => chunkId)).toEqual(['b']);
  });

  it('refuses points of another model', async () => {
    const embedder = createStubEmbedder({ identity: { model: 'other-model' } });
    expect(await failureOf(createReader({ ...rig, embedder }).search('first'))).toMatchObject({
      code: 'model-mismatch',
      message: 'The points at memory/points are of model stub-model, and the text was embedded with other-model.',
    });
  });

  it.each<[text: string, options: SearchOptions, message: string]>([
    [' ', {}, 'The text to search for: expected one, found none.'],
    ['first', { limit: 0 }, 'Limit: expected a whole number from 1 to 100, found 0.'],
    ['first', { limit: 101 }, 'Limit: expected a whole number from 1 to 100, found 101.'],
    ['first', { limit: 1.5 }, 'Limit: expected a whole number from 1 to 100, found 1.5.'],
    ['first', { filter: { tag: null } as unknown as PayloadFilter }, 'filter "tag": expected a text, a number'],
    ['first', { filter: { tag: { from: 1 } } as unknown as PayloadFilter }, 'filter "tag": expected'],
    ['first', { filter: { tag: ['x', 1] } as unknown as PayloadFilter }, 'filter "tag": expected'],
    ['first', { filter: { tag: [1.5] } }, 'filter "tag": expected'],
    ['first', { filter: { tag: {} } }, 'filter "tag": expected'],
    ['first', { filter: ['x'] as unknown as PayloadFilter }, 'filter: expected an object'],
  ])('asks no service and fails with what it expected: %j %j', async (text, options, message) => {
    rig.forgetCosts();
    const failure = await failureOf(reader.search(text, options));
    expect(failure).toMatchObject({ code: 'option-invalid', message: expect.stringContaining(message) as string });
    expect(rig.costs().requests).toBe(0);
  });

  it('ends with the signal of its caller', async () => {
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(reader.search('first', { signal })).rejects.toThrow('stopped');
  });
});
