import { QdrantClient, type Schemas } from '@qdrant/js-client-rest';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LIBRARY, UUID_HIGH, UUID_LOW } from './library.ts';
import { type ServerUnderTest, serversUnderTest } from './servers-under-test.ts';

type Point = Schemas['PointStruct'];
type Filter = Schemas['Filter'];

const match = (key: string, value: string | number | boolean): Schemas['FieldCondition'] => ({ key, match: { value } });

/** Filters over {@link LIBRARY} and the ids of the points that match, in id order. */
const FILTERS: readonly (readonly [title: string, filter: Filter, ids: readonly Point['id'][]])[] = [
  ['no conditions', {}, [1, 2, 3, 4, UUID_LOW, UUID_HIGH]],
  ['empty lists', { must: [], should: [], must_not: [] }, [1, 2, 3, 4, UUID_LOW, UUID_HIGH]],
  ['a string', { must: [match('corpus', 'a')] }, [1, 2, UUID_LOW]],
  ['a string that no point has', { must: [match('corpus', 'z')] }, []],
  ['an integer', { must: [match('page', 2)] }, [2]],
  ['a string with the digits of an integer', { must: [match('page', '2')] }, []],
  ['a boolean', { must: [match('open', false)] }, [2]],
  ['an element of an array or a single value', { must: [match('tags', 'x')] }, [1, 4]],
  ['a nested key', { must: [match('meta.lang', 'en')] }, [1, 3]],
  ['a key in quotes', { must: [match('"file name"', 'b.md')] }, [2]],
  ['any of several values', { must: [{ key: 'tags', match: { any: ['x', 'y'] } }] }, [1, 2, 4]],
  ['any of no values', { must: [{ key: 'tags', match: { any: [] as string[] } }] }, []],
  ['a range', { must: [{ key: 'page', range: { gt: 1, lte: 2.5 } }] }, [2, 4]],
  ['a range with the other bounds', { must: [{ key: 'page', range: { gte: 2.5, lt: 4 } }] }, [3, 4]],
  ['ids of both kinds', { must: [{ has_id: [UUID_HIGH, 3, 99] }] }, [3, UUID_HIGH]],
  ['is_empty on absent values and empty arrays', { must: [{ is_empty: { key: 'tags' } }] }, [3, UUID_LOW, UUID_HIGH]],
  ['is_empty on null', { must: [{ is_empty: { key: 'note' } }] }, [1, 2, 3, UUID_HIGH]],
  ['two conditions in must', { must: [match('corpus', 'a'), match('tags', 'y')] }, [1, 2]],
  ['two conditions in should', { should: [match('page', 1), match('corpus', 'b')] }, [1, 3, 4]],
  ['two conditions in must_not', { must_not: [match('corpus', 'a'), { has_id: [3] }] }, [4, UUID_HIGH]],
  [
    'must, should and must_not together',
    { must: [match('corpus', 'a')], should: [match('page', 1), match('page', 2)], must_not: [match('open', true)] },
    [2],
  ],
  ['conditions that exclude each other', { must: [match('corpus', 'a')], must_not: [match('corpus', 'a')] }, []],
];

describe.each(serversUnderTest())('filters of $name', ({ start }) => {
  let server: ServerUnderTest;
  let client: QdrantClient;
  let collection: string;

  const upsert = (points: Point[]) => client.upsert(collection, { wait: true, points });
  const index = (field_name: string, field_schema: 'keyword' | 'integer' | 'datetime') =>
    client.createPayloadIndex(collection, { field_name, field_schema, wait: true });
  const check = async (filter: Filter, ids: readonly Point['id'][]): Promise<void> => {
    const { points } = await client.scroll(collection, { limit: 1000, filter });
    expect(points.map(({ id }) => id)).toEqual(ids);
    expect(await client.count(collection, { filter, exact: true })).toEqual({ count: ids.length });
  };

  beforeAll(async () => {
    server = await start();
    client = new QdrantClient(server.connection);
  });

  afterAll(() => server.close());

  beforeEach(async () => {
    collection = `suite-${crypto.randomUUID()}`;
    await client.createCollection(collection, { vectors: { size: 4, distance: 'Cosine' } });
  });

  afterEach(() => client.deleteCollection(collection));

  it.each(FILTERS)('scroll and count find the right points for a filter with %s', async (_title, filter, ids) => {
    await upsert(LIBRARY);
    await check(filter, ids);
  });

  it('filters find the same points with payload indexes that were created before or after them', async () => {
    await index('corpus', 'keyword');
    await index('tags', 'keyword');
    await upsert(LIBRARY);
    await index('page', 'integer');
    await index('meta.lang', 'keyword');
    for (const [, filter, ids] of FILTERS) await check(filter, ids);
  });

  it('an index follows every change of a payload', async () => {
    await index('corpus', 'keyword');
    await upsert(LIBRARY);
    const inA = { must: [match('corpus', 'a')] };
    await client.setPayload(collection, { wait: true, points: [3], payload: { corpus: ['a', 'b'] } });
    await check(inA, [1, 2, 3, UUID_LOW]);
    await client.overwritePayload(collection, { wait: true, points: [1], payload: { corpus: 'z' } });
    await client.setPayload(collection, { wait: true, points: [2], payload: { corpus: null } });
    await client.overwritePayload(collection, { wait: true, points: [UUID_LOW], payload: {} });
    await check(inA, [3]);
    await upsert([{ id: 3, vector: [1, 0, 0, 0], payload: { corpus: 'b' } }]);
    await check(inA, []);
    await check({ must: [match('corpus', 'b')] }, [3, 4]);
    await client.delete(collection, { wait: true, points: [3] });
    await check({ must: [match('corpus', 'b')] }, [4]);
  });

  it('an index that exists can be created again', async () => {
    await upsert(LIBRARY);
    await index('corpus', 'keyword');
    await index('corpus', 'keyword');
    const { payload_schema } = await client.getCollection(collection);
    expect(payload_schema).toEqual({ corpus: { data_type: 'keyword', points: 5 } });
    await check({ must: [match('corpus', 'a')] }, [1, 2, UUID_LOW]);
  });

  describe('facets', () => {
    const facet = async (request: Schemas['FacetRequest']) => (await client.facet(collection, request)).hits;

    it('a facet counts the points of each string, highest count first, and equal ones in UTF-8 order', async () => {
      await index('corpus', 'keyword');
      await upsert(LIBRARY);
      await index('tags', 'keyword');
      const hits = [
        { value: 'a', count: 3 },
        { value: 'b', count: 2 },
      ];
      for (const exact of [true, false]) expect(await facet({ key: 'corpus', exact })).toEqual(hits);
      const tags = ['x', 'y'].map((value) => ({ value, count: 2 }));
      expect(await facet({ key: 'tags', exact: true })).toEqual(tags);
      const values = ['\u{1D4B3}', '\uFF21', 'Z', 'ä', '', 'long '.repeat(40)];
      await upsert(values.map((corpus, at) => ({ id: 10 + at, vector: [1, 0, 0, 0], payload: { corpus } })));
      const ordered = ['', 'Z', 'long '.repeat(40), 'ä', '\uFF21', '\u{1D4B3}'];
      expect(await facet({ key: 'corpus', exact: true })).toEqual([
        ...hits,
        ...ordered.map((value) => ({ value, count: 1 })),
      ]);
    });

    it('a facet leaves out points without a string, and counts a point with several strings for each', async () => {
      await index('corpus', 'keyword');
      const long = 'long '.repeat(40);
      const values = [['a', 'b', 'a', `${long}1`, `${long}2`], 'a', 1, true, null, [], {}, undefined];
      await upsert(values.map((corpus, id) => ({ id, vector: [1, 0, 0, 0], payload: { corpus } })));
      expect(await facet({ key: 'corpus', exact: true })).toEqual([
        { value: 'a', count: 2 },
        ...['b', `${long}1`, `${long}2`].map((value) => ({ value, count: 1 })),
      ]);
    });

    it('a facet has at most `limit` values, 10 by default', async () => {
      await index('corpus', 'keyword');
      const names = Array.from({ length: 12 }, (_, at) => `c${String(at).padStart(2, '0')}`);
      await upsert(names.map((corpus, id) => ({ id, vector: [1, 0, 0, 0], payload: { corpus } })));
      const valuesOf = async (limit: object) =>
        (await facet({ key: 'corpus', exact: true, ...limit })).map(({ value }) => value);
      expect(await valuesOf({})).toEqual(names.slice(0, 10));
      expect(await valuesOf({ limit: 3 })).toEqual(names.slice(0, 3));
      expect(await valuesOf({ limit: 100 })).toEqual(names);
    });

    it('a facet follows changes of payloads and deletions', async () => {
      await index('corpus', 'keyword');
      await upsert(LIBRARY);
      await client.overwritePayload(collection, { wait: true, points: [1], payload: { corpus: 'b' } });
      await client.delete(collection, { wait: true, points: [2] });
      expect(await facet({ key: 'corpus', exact: true })).toEqual([
        { value: 'b', count: 3 },
        { value: 'a', count: 1 },
      ]);
    });

    it('a facet is refused without an index that matches whole values', async () => {
      await upsert(LIBRARY);
      const missing = (key: string) => ({
        status: 400,
        data: { status: { error: expect.stringContaining(`No appropriate index for faceting: \`${key}\``) as string } },
      });
      await expect(facet({ key: 'corpus', exact: true })).rejects.toMatchObject(missing('corpus'));
      await index('note', 'datetime');
      await expect(facet({ key: 'note', exact: true })).rejects.toMatchObject(missing('note'));
      await index('corpus', 'keyword');
      expect(await facet({ key: 'corpus', exact: true })).toHaveLength(2);
    });
  });
});
