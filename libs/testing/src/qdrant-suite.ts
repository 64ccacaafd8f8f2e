import { QdrantClient, type Schemas } from '@qdrant/js-client-rest';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

/** A Qdrant server that the suite may use: it makes collections of its own in it and deletes them again. */
export interface QdrantUnderTest {
  readonly url: string;
  readonly apiKey?: string;
  close(): Promise<void>;
}

type Point = Schemas['PointStruct'];
type Filter = Schemas['Filter'];
/** A server elsewhere, with a cold start, has time to answer. */
const TIMEOUT_MS = 60_000;

const UUID_LOW = '0a000000-0000-5000-8000-000000000001';
const UUID_HIGH = 'fa000000-0000-5000-8000-000000000002';

/** Points for filters: six shapes of payload, told apart by their ids. */
const LIBRARY: readonly Point[] = [
  {
    id: 1,
    vector: [1, 0, 0, 0],
    payload: { corpus: 'a', page: 1, tags: ['x', 'y'], open: true, meta: { lang: 'en' } },
  },
  { id: 2, vector: [0, 1, 0, 0], payload: { corpus: 'a', page: 2, tags: ['y'], open: false, meta: { lang: 'de' } } },
  { id: 3, vector: [0, 0, 1, 0], payload: { corpus: 'b', page: 3, tags: [], note: null, meta: { lang: 'en' } } },
  {
    id: 4,
    vector: [0, 0, 0, 1],
    payload: { corpus: 'b', page: 2.5, tags: 'x', note: 'n', parts: [{ n: 1 }, { n: 2 }] },
  },
  { id: UUID_LOW, vector: [1, 1, 0, 0], payload: { corpus: 'a', page: -1, note: [null], parts: [{ n: 2 }, { m: 3 }] } },
  { id: UUID_HIGH, vector: [0, 0, 1, 1], payload: {} },
];

const match = (key: string, value: string | number | boolean): Schemas['FieldCondition'] => ({ key, match: { value } });

/** Filters over {@link LIBRARY} and the ids that pass, in id order. */
const FILTERS: readonly (readonly [title: string, filter: Filter, ids: readonly Point['id'][]])[] = [
  ['an empty filter', {}, [1, 2, 3, 4, UUID_LOW, UUID_HIGH]],
  ['empty lists', { must: [], should: [], must_not: [] }, [1, 2, 3, 4, UUID_LOW, UUID_HIGH]],
  ['a string', { must: [match('corpus', 'a')] }, [1, 2, UUID_LOW]],
  ['a condition without a list', { must: match('corpus', 'a') }, [1, 2, UUID_LOW]],
  ['a string that no point has', { must: [match('corpus', 'z')] }, []],
  ['an integer', { must: [match('page', 2)] }, [2]],
  ['an integer and not its text', { must: [match('page', '2')] }, []],
  ['a boolean', { must: [match('open', false)] }, [2]],
  ['an element of an array, or the value alone', { must: [match('tags', 'x')] }, [1, 4]],
  ['a nested key', { must: [match('meta.lang', 'en')] }, [1, 3]],
  ['a key inside an array of objects', { must: [match('parts[].n', 2)] }, [4, UUID_LOW]],
  ['a key at one place of an array', { must: [match('parts[0].n', 2)] }, [UUID_LOW]],
  ['any of several', { must: [{ key: 'tags', match: { any: ['x', 'y'] } }] }, [1, 2, 4]],
  ['any of none', { must: [{ key: 'tags', match: { any: [] as string[] } }] }, []],
  ['except, where one value is enough', { must: [{ key: 'tags', match: { except: ['x'] } }] }, [1, 2]],
  ['except, where null is no value', { must: [{ key: 'note', match: { except: ['z'] } }] }, [4]],
  ['except integers', { must: [{ key: 'page', match: { except: [1, 2] } }] }, [3, 4, UUID_LOW]],
  ['a range', { must: [{ key: 'page', range: { gt: 1, lte: 2.5 } }] }, [2, 4]],
  ['a range with the other bounds', { must: [{ key: 'page', range: { gte: 2.5, lt: 4 } }] }, [3, 4]],
  ['ids of both kinds', { must: [{ has_id: [UUID_HIGH, 3, 99] }] }, [3, UUID_HIGH]],
  ['an empty value', { must: [{ is_empty: { key: 'tags' } }] }, [3, UUID_LOW, UUID_HIGH]],
  ['an empty value, null included', { must: [{ is_empty: { key: 'note' } }] }, [1, 2, 3, UUID_HIGH]],
  ['a null value', { must: [{ is_null: { key: 'note' } }] }, [3]],
  ['all of must', { must: [match('corpus', 'a'), match('tags', 'y')] }, [1, 2]],
  ['one of should', { should: [match('page', 1), match('corpus', 'b')] }, [1, 3, 4]],
  ['none of must_not', { must_not: [match('corpus', 'a'), { has_id: [3] }] }, [4, UUID_HIGH]],
  [
    'must, should and must_not together',
    { must: [match('corpus', 'a')], should: [match('page', 1), match('page', 2)], must_not: [match('open', true)] },
    [2],
  ],
  [
    'a filter inside a filter',
    { must: [{ should: [match('page', 1), { must_not: [match('corpus', 'a')] }] }] },
    [1, 3, 4, UUID_HIGH],
  ],
  ['a filter that holds for no point', { must: [match('corpus', 'a')], must_not: [match('corpus', 'a')] }, []],
];

/**
 * What every Qdrant that we load must do, said with the official client only. It runs against the embedded server and
 * against a real one; what only one of them promises is not here.
 *
 * Registers vitest tests. Each test makes collections with names of its own and deletes them afterwards.
 *
 * @param start gives the server, once for the whole suite; its `close` is called at the end
 */
export function qdrantSuite(name: string, start: () => Promise<QdrantUnderTest>): void {
  describe(name, { timeout: TIMEOUT_MS }, () => {
    let server: QdrantUnderTest;
    let client: QdrantClient;
    let collection: string;
    let made: string[];

    const newName = (): string => {
      const fresh = `suite-${crypto.randomUUID()}`;
      made.push(fresh);
      return fresh;
    };
    const createCollection = async (size = 4): Promise<string> => {
      const fresh = newName();
      await client.createCollection(fresh, { vectors: { size, distance: 'Cosine' } });
      return fresh;
    };
    const upsert = (points: readonly Point[]) => client.upsert(collection, { wait: true, points: [...points] });
    const payloadOf = async (id: Point['id']): Promise<unknown> => {
      const [point] = await client.retrieve(collection, { ids: [id], with_payload: true });
      return point?.payload;
    };
    const vectorOf = async (id: Point['id']): Promise<number[]> => {
      const [point] = await client.retrieve(collection, { ids: [id], with_vector: true });
      return ((point?.vector ?? []) as number[]).map(Math.fround);
    };
    const idsOf = async (filter?: Filter): Promise<Point['id'][]> => {
      const page = await client.scroll(collection, { limit: 1000, ...(filter === undefined ? {} : { filter }) });
      return page.points.map(({ id }) => id);
    };

    beforeAll(async () => {
      server = await start();
      client = new QdrantClient({
        url: server.url,
        checkCompatibility: false,
        ...(server.apiKey === undefined ? {} : { apiKey: server.apiKey }),
      });
    }, TIMEOUT_MS);

    afterAll(() => server.close(), TIMEOUT_MS);

    beforeEach(async () => {
      made = [];
      collection = await createCollection();
    }, TIMEOUT_MS);

    afterEach(async () => {
      for (const one of made) await client.deleteCollection(one);
    }, TIMEOUT_MS);

    it('tells its version', async () => {
      expect((await client.versionInfo()).version).toMatch(/^\d+\.\d+\.\d+/);
    });

    describe('collections', () => {
      it('exist from their creation to their deletion', async () => {
        const fresh = newName();
        expect(await client.collectionExists(fresh)).toEqual({ exists: false });
        expect(await client.createCollection(fresh, { vectors: { size: 3, distance: 'Cosine' } })).toBe(true);
        expect(await client.collectionExists(fresh)).toEqual({ exists: true });
        expect((await client.getCollections()).collections).toContainEqual({ name: fresh });
        expect(await client.deleteCollection(fresh)).toBe(true);
        expect(await client.collectionExists(fresh)).toEqual({ exists: false });
        expect((await client.getCollections()).collections).not.toContainEqual({ name: fresh });
        expect(await client.deleteCollection(fresh)).toBe(false);
      });

      it('describe their vectors, points and indexes', async () => {
        await upsert(LIBRARY);
        await client.createPayloadIndex(collection, { field_name: 'corpus', field_schema: 'keyword', wait: true });
        const info = await client.getCollection(collection);
        expect(info.config.params.vectors).toMatchObject({ size: 4, distance: 'Cosine' });
        expect(info).toMatchObject({ status: 'green', points_count: 6 });
        expect(info.payload_schema).toEqual({ corpus: { data_type: 'keyword', points: 5 } });
      });

      it('cannot be created twice', async () => {
        await expect(
          client.createCollection(collection, { vectors: { size: 4, distance: 'Cosine' } }),
        ).rejects.toMatchObject({
          status: 409,
          data: { status: { error: `Wrong input: Collection \`${collection}\` already exists!` } },
        });
      });

      it('are missed with 404 by every call on them', async () => {
        const absent = `absent-${crypto.randomUUID()}`;
        const missed = {
          status: 404,
          data: { status: { error: `Not found: Collection \`${absent}\` doesn't exist!` } },
        };
        const calls = [
          () => client.getCollection(absent),
          () => client.updateCollection(absent, { metadata: { a: 1 } }),
          () => client.upsert(absent, { wait: true, points: [{ id: 1, vector: [1, 0, 0, 0] }] }),
          () => client.delete(absent, { wait: true, points: [1] }),
          () => client.scroll(absent),
          () => client.count(absent),
          () => client.retrieve(absent, { ids: [1] }),
          () => client.query(absent, { query: [1, 0, 0, 0] }),
          () => client.facet(absent, { key: 'corpus' }),
        ];
        for (const call of calls) await expect(call()).rejects.toMatchObject(missed);
      });

      it('keep metadata, which an update merges and a null removes from', async () => {
        const fresh = newName();
        const vectors = { size: 3, distance: 'Cosine' } as const;
        await client.createCollection(fresh, { vectors, metadata: { model: 'm', epoch: 1, more: { deep: true } } });
        await client.updateCollection(fresh, { metadata: { epoch: 2, more: null, extra: 'e' } });
        expect((await client.getCollection(fresh)).config.metadata).toEqual({ model: 'm', epoch: 2, extra: 'e' });
      });

      it('report tuning that was set', async () => {
        await client.updateCollection(collection, {
          hnsw_config: { m: 0 },
          optimizers_config: { indexing_threshold: 5 },
        });
        expect((await client.getCollection(collection)).config).toMatchObject({
          hnsw_config: { m: 0, ef_construct: 100 },
          optimizer_config: { indexing_threshold: 5 },
        });
      });
    });

    describe('points', () => {
      it('are there once an upsert is answered', async () => {
        const result = await upsert([{ id: 7, vector: [1, 0, 0, 0], payload: { a: 1 } }]);
        expect(result.status).toBe('completed');
        expect(result.operation_id).toEqual(expect.any(Number));
        expect(await payloadOf(7)).toEqual({ a: 1 });
      });

      it('come back in the order asked for, without the absent ones', async () => {
        await upsert(LIBRARY);
        const found = await client.retrieve(collection, { ids: [UUID_HIGH, 99, 2, UUID_LOW, 1], with_payload: false });
        expect(found.map(({ id }) => id)).toEqual([UUID_HIGH, 2, UUID_LOW, 1]);
        expect(found.every(({ payload, vector }) => (payload ?? vector ?? null) === null)).toBe(true);
      });

      it('keep every kind of JSON value in their payload', async () => {
        const payload = {
          text: 'zażółć 🦆 "quoted" \\ \u0000 \u2028',
          numbers: [0, -1, 0.1, 1e-7, 9_007_199_254_740_991],
          flags: [true, false, null],
          empty: [{}, [], ''],
          deep: { a: [{ b: { c: ['d'] } }] },
        };
        await upsert([{ id: 1, vector: [1, 0, 0, 0], payload }]);
        expect(await payloadOf(1)).toEqual(payload);
      });

      it('are brought to length 1 for Cosine', async () => {
        await upsert([{ id: 1, vector: [3, 0, 4, 0] }]);
        const vector = await vectorOf(1);
        expect(vector).toHaveLength(4);
        for (const [index, expected] of [0.6, 0, 0.8, 0].entries()) expect(vector[index]).toBeCloseTo(expected, 6);
      });

      it('keep a vector of length 1 bit by bit', async () => {
        const vector = [0.6, 0.8, 0, -0.0001].map(Math.fround);
        await upsert([{ id: 1, vector }]);
        expect(await vectorOf(1)).toEqual(vector);
      });

      it('are replaced whole by a later upsert', async () => {
        await upsert([{ id: 1, vector: [1, 0, 0, 0], payload: { a: 1, b: 1 } }]);
        await upsert([{ id: 1, vector: [0, 1, 0, 0], payload: { b: 2 } }]);
        expect(await payloadOf(1)).toEqual({ b: 2 });
        expect(await vectorOf(1)).toEqual([0, 1, 0, 0]);
        await upsert([{ id: 1, vector: [0, 1, 0, 0] }]);
        expect(await payloadOf(1)).toEqual({});
        expect(await client.count(collection)).toEqual({ count: 1 });
      });

      it('that come twice in one batch are kept as the last says', async () => {
        await upsert([
          { id: 1, vector: [1, 0, 0, 0], payload: { n: 1 } },
          { id: 2, vector: [1, 0, 0, 0] },
          { id: 1, vector: [0, 1, 0, 0], payload: { n: 2 } },
        ]);
        expect(await payloadOf(1)).toEqual({ n: 2 });
        expect(await vectorOf(1)).toEqual([0, 1, 0, 0]);
        expect(await client.count(collection)).toEqual({ count: 2 });
      });

      it('can come as columns', async () => {
        const batch = {
          ids: [1, UUID_LOW],
          vectors: [
            [1, 0, 0, 0],
            [0, 1, 0, 0],
          ],
          payloads: [{ a: 1 }, null],
        };
        await client.upsert(collection, { wait: true, batch });
        expect(await payloadOf(1)).toEqual({ a: 1 });
        expect(await payloadOf(UUID_LOW)).toEqual({});
      });

      it('with another number of dimensions are refused', async () => {
        await expect(upsert([{ id: 1, vector: [1, 0, 0] }])).rejects.toMatchObject({
          status: 400,
          data: { status: { error: 'Wrong input: Vector dimension error: expected dim: 4, got 3' } },
        });
        expect(await client.count(collection)).toEqual({ count: 0 });
      });

      it.each(['not-a-uuid', '1', -1, 1.5])('with the id %j are refused', async (id) => {
        await expect(upsert([{ id, vector: [1, 0, 0, 0] }])).rejects.toMatchObject({ status: 400 });
      });

      it('with NaN, which JSON writes as null, are refused', async () => {
        await expect(upsert([{ id: 1, vector: [1, Number.NaN, 0, 0] }])).rejects.toMatchObject({ status: 400 });
      });

      it('have UUIDs in lower case, however they were written', async () => {
        await upsert([{ id: UUID_HIGH.toUpperCase(), vector: [1, 0, 0, 0] }]);
        expect(await idsOf()).toEqual([UUID_HIGH]);
      });

      it('are deleted by id, also when some are absent', async () => {
        await upsert(LIBRARY);
        const result = await client.delete(collection, { wait: true, points: [1, 99, UUID_LOW] });
        expect(result.status).toBe('completed');
        expect(await idsOf()).toEqual([2, 3, 4, UUID_HIGH]);
        expect(await client.count(collection)).toEqual({ count: 4 });
      });

      it('are deleted by filter', async () => {
        await upsert(LIBRARY);
        await client.delete(collection, {
          wait: true,
          filter: { must: [match('corpus', 'a')], must_not: [{ has_id: [2] }] },
        });
        expect(await idsOf()).toEqual([2, 3, 4, UUID_HIGH]);
      });
    });

    describe('scroll', () => {
      beforeEach(() => upsert(LIBRARY));

      it('shows every point once, integers before UUIDs, whatever the page size', async () => {
        for (const limit of [1, 2, 5, 6, 7]) {
          const seen: Point['id'][] = [];
          let offset: Point['id'] | undefined;
          do {
            const page = await client.scroll(collection, { limit, ...(offset === undefined ? {} : { offset }) });
            expect(page.points.length).toBeLessThanOrEqual(limit);
            seen.push(...page.points.map(({ id }) => id));
            offset = (page.next_page_offset ?? undefined) as Point['id'] | undefined;
          } while (offset !== undefined);
          expect(seen).toEqual([1, 2, 3, 4, UUID_LOW, UUID_HIGH]);
        }
      });

      it('starts with the offset itself and names the first point of the next page', async () => {
        const page = await client.scroll(collection, { offset: 3, limit: 2 });
        expect(page.points.map(({ id }) => id)).toEqual([3, 4]);
        expect(page.next_page_offset).toBe(UUID_LOW);
      });

      it('pages through what a filter leaves', async () => {
        const filter = { must: [match('corpus', 'a')] };
        const page = await client.scroll(collection, { filter, limit: 2 });
        expect(page.points.map(({ id }) => id)).toEqual([1, 2]);
        expect(page.next_page_offset).toBe(UUID_LOW);
        const last = await client.scroll(collection, { filter, limit: 2, offset: UUID_LOW });
        expect(last.points.map(({ id }) => id)).toEqual([UUID_LOW]);
        expect(last.next_page_offset ?? null).toBeNull();
      });

      it.each([
        [true, { corpus: 'a', page: 1, tags: ['x', 'y'], open: true, meta: { lang: 'en' } }],
        [false, null],
        [['page', 'meta.lang'], { page: 1, meta: { lang: 'en' } }],
        [['absent'], {}],
        [{ include: ['corpus', 'meta'] }, { corpus: 'a', meta: { lang: 'en' } }],
        [{ exclude: ['tags', 'meta.lang'] }, { corpus: 'a', page: 1, open: true, meta: {} }],
      ])('shows of the payload what with_payload %j asks for', async (with_payload, expected) => {
        const { points } = await client.scroll(collection, { limit: 1, with_payload });
        expect(points[0]?.payload ?? null).toEqual(expected);
      });

      it('shows vectors only when asked', async () => {
        const [without] = (await client.scroll(collection, { limit: 1 })).points;
        const [with_] = (await client.scroll(collection, { limit: 1, with_vector: true })).points;
        expect([without?.vector ?? null, with_?.vector]).toEqual([null, [1, 0, 0, 0]]);
      });
    });

    describe('filters', () => {
      const check = async (filter: Filter, ids: readonly Point['id'][]): Promise<void> => {
        expect(await idsOf(filter)).toEqual(ids);
        expect(await client.count(collection, { filter, exact: true })).toEqual({ count: ids.length });
      };

      it.each(FILTERS)('find points by %s', async (_title, filter, ids) => {
        await upsert(LIBRARY);
        await check(filter, ids);
      });

      it('find the same points with payload indexes, made before or after them', async () => {
        const index = (field_name: string, field_schema: 'keyword' | 'integer' | 'bool') =>
          client.createPayloadIndex(collection, { field_name, field_schema, wait: true });
        await index('corpus', 'keyword');
        await index('tags', 'keyword');
        await index('parts[].n', 'integer');
        await upsert(LIBRARY);
        await index('open', 'bool');
        await index('page', 'integer');
        await index('meta.lang', 'keyword');
        for (const [, filter, ids] of FILTERS) await check(filter, ids);
      });

      it('follow every change of an indexed payload', async () => {
        await client.createPayloadIndex(collection, { field_name: 'corpus', field_schema: 'keyword', wait: true });
        await upsert(LIBRARY);
        const inA = { must: [match('corpus', 'a')] };
        await client.setPayload(collection, { wait: true, points: [3], payload: { corpus: ['a', 'b'] } });
        await check(inA, [1, 2, 3, UUID_LOW]);
        await client.overwritePayload(collection, { wait: true, points: [1], payload: { corpus: 'z' } });
        await client.deletePayload(collection, { wait: true, points: [2], keys: ['corpus'] });
        await client.clearPayload(collection, { wait: true, points: [UUID_LOW] });
        await check(inA, [3]);
        await upsert([{ id: 3, vector: [1, 0, 0, 0], payload: { corpus: 'b' } }]);
        await check(inA, []);
        await check({ must: [match('corpus', 'b')] }, [3, 4]);
        await client.delete(collection, { wait: true, points: [3] });
        await check({ must: [match('corpus', 'b')] }, [4]);
      });

      it('work on after an index is deleted', async () => {
        await upsert(LIBRARY);
        await client.createPayloadIndex(collection, { field_name: 'corpus', field_schema: 'keyword', wait: true });
        await client.createPayloadIndex(collection, { field_name: 'corpus', field_schema: 'keyword', wait: true });
        await client.deletePayloadIndex(collection, 'corpus');
        expect((await client.getCollection(collection)).payload_schema).toEqual({});
        await check({ must: [match('corpus', 'a')] }, [1, 2, UUID_LOW]);
      });
    });

    describe('facets', () => {
      const index = (field_name: string, field_schema: 'keyword' | 'datetime') =>
        client.createPayloadIndex(collection, { field_name, field_schema, wait: true });
      const facet = async (request: Schemas['FacetRequest']) => (await client.facet(collection, request)).hits;

      it('count the points of each string, most first, and equal ones in the order of UTF-8', async () => {
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

      it('leave out points without a string, and count one with several in each', async () => {
        await index('corpus', 'keyword');
        const long = 'long '.repeat(40);
        const values = [['a', 'b', 'a', `${long}1`, `${long}2`], 'a', 1, true, null, [], {}, undefined];
        await upsert(values.map((corpus, id) => ({ id, vector: [1, 0, 0, 0], payload: { corpus } })));
        expect(await facet({ key: 'corpus', exact: true })).toEqual([
          { value: 'a', count: 2 },
          ...['b', `${long}1`, `${long}2`].map((value) => ({ value, count: 1 })),
        ]);
      });

      it('keep to a filter, and to a limit, which is 10 by default', async () => {
        await index('corpus', 'keyword');
        const names = Array.from({ length: 12 }, (_, at) => `c${String(at).padStart(2, '0')}`);
        await upsert(names.map((corpus, id) => ({ id, vector: [1, 0, 0, 0], payload: { corpus, page: id % 2 } })));
        const key = 'corpus';
        const valuesOf = async (request: object) => (await facet({ key, ...request })).map(({ value }) => value);
        expect(await valuesOf({ exact: true })).toEqual(names.slice(0, 10));
        expect(await valuesOf({ exact: true, limit: 3 })).toEqual(names.slice(0, 3));
        expect(await valuesOf({ exact: true, limit: 100 })).toEqual(names);
        const filter = { must: [match('page', 1)], must_not: [match('corpus', 'c03')] };
        expect(await valuesOf({ exact: true, filter })).toEqual(['c01', 'c05', 'c07', 'c09', 'c11']);
      });

      it('follow changes of payloads and deletions', async () => {
        await index('corpus', 'keyword');
        await upsert(LIBRARY);
        await client.overwritePayload(collection, { wait: true, points: [1], payload: { corpus: 'b' } });
        await client.delete(collection, { wait: true, points: [2] });
        expect(await facet({ key: 'corpus', exact: true })).toEqual([
          { value: 'b', count: 3 },
          { value: 'a', count: 1 },
        ]);
      });

      it('need an index of a type that matches whole values', async () => {
        await upsert(LIBRARY);
        const missing = {
          status: 400,
          data: { status: { error: expect.stringContaining('No appropriate index for faceting: `corpus`') as string } },
        };
        await expect(client.facet(collection, { key: 'corpus', exact: true })).rejects.toMatchObject(missing);
        await index('corpus', 'datetime');
        await expect(client.facet(collection, { key: 'corpus', exact: true })).rejects.toMatchObject(missing);
        await client.deletePayloadIndex(collection, 'corpus');
        await index('corpus', 'keyword');
        expect(await facet({ key: 'corpus', exact: true })).toHaveLength(2);
      });
    });

    describe('payloads', () => {
      beforeEach(() =>
        upsert([{ id: 1, vector: [1, 0, 0, 0], payload: { a: 1, b: { c: 1, d: [{ e: 1 }, { e: 2 }] } } }]),
      );

      it('are merged by set, where a null removes a key', async () => {
        await client.setPayload(collection, { wait: true, points: [1], payload: { a: null, b: { x: 1 }, y: 2 } });
        expect(await payloadOf(1)).toEqual({ b: { x: 1 }, y: 2 });
      });

      it('are merged at a path', async () => {
        await client.setPayload(collection, { wait: true, points: [1], payload: { f: 9 }, key: 'b.d[].g' });
        await client.setPayload(collection, { wait: true, points: [1], payload: { e: 5 }, key: 'b.d[1]' });
        await client.setPayload(collection, { wait: true, points: [1], payload: { q: 1 }, key: 'new.deep' });
        expect(await payloadOf(1)).toEqual({
          a: 1,
          b: {
            c: 1,
            d: [
              { e: 1, g: { f: 9 } },
              { e: 5, g: { f: 9 } },
            ],
          },
          new: { deep: { q: 1 } },
        });
      });

      it('are replaced by overwrite', async () => {
        await client.overwritePayload(collection, { wait: true, points: [1], payload: { z: [1] } });
        expect(await payloadOf(1)).toEqual({ z: [1] });
      });

      it('lose the paths that delete names', async () => {
        await client.deletePayload(collection, { wait: true, points: [1], keys: ['a', 'b.d[].e', 'absent'] });
        expect(await payloadOf(1)).toEqual({ b: { c: 1, d: [{}, {}] } });
      });

      it('are emptied by clear', async () => {
        await client.clearPayload(collection, { wait: true, points: [1] });
        expect(await payloadOf(1)).toEqual({});
      });

      it('are changed by filter', async () => {
        await upsert([{ id: 2, vector: [1, 0, 0, 0], payload: { a: 2 } }]);
        const filter = { must: [match('a', 2)] };
        await client.setPayload(collection, { wait: true, filter, payload: { hit: true } });
        expect(await payloadOf(1)).not.toHaveProperty('hit');
        expect(await payloadOf(2)).toEqual({ a: 2, hit: true });
        await client.clearPayload(collection, { wait: true, filter });
        expect(await payloadOf(2)).toEqual({});
      });

      it('of absent points are missed with 404', async () => {
        const missed = { status: 404, data: { status: { error: 'Not found: No point with id 9 found' } } };
        await expect(
          client.setPayload(collection, { wait: true, points: [9], payload: { a: 1 } }),
        ).rejects.toMatchObject(missed);
      });
    });

    it('replaces vectors and leaves payloads', async () => {
      await upsert(LIBRARY);
      await client.updateVectors(collection, { wait: true, points: [{ id: 1, vector: [0, 0, 0, 2] }] });
      expect(await vectorOf(1)).toEqual([0, 0, 0, 1]);
      expect(await payloadOf(1)).toMatchObject({ corpus: 'a' });
      const { points } = await client.query(collection, { query: [0, 0, 0, 1], limit: 2 });
      expect(points.map(({ id }) => id).toSorted()).toEqual([1, 4]);
    });

    it('applies a batch of operations in order', async () => {
      const results = await client.batchUpdate(collection, {
        wait: true,
        operations: [
          { upsert: { points: [...LIBRARY] } },
          { delete: { points: [1] } },
          { upsert: { points: [{ id: 1, vector: [0, 1, 0, 0], payload: { step: 1, gone: 1 } }] } },
          { set_payload: { points: [1], payload: { step: 2 } } },
          { delete_payload: { points: [1], keys: ['gone'] } },
          { overwrite_payload: { points: [2], payload: { only: 1 } } },
          { clear_payload: { points: [3] } },
          { update_vectors: { points: [{ id: 4, vector: [1, 0, 0, 0] }] } },
          { delete: { filter: { must: [match('only', 1)] } } },
        ],
      });
      expect(results.map(({ status }) => status)).toEqual(Array.from({ length: 9 }, () => 'completed'));
      expect(await idsOf()).toEqual([1, 3, 4, UUID_LOW, UUID_HIGH]);
      expect([await payloadOf(1), await payloadOf(3)]).toEqual([{ step: 2 }, {}]);
      expect([await vectorOf(1), await vectorOf(4)]).toEqual([
        [0, 1, 0, 0],
        [1, 0, 0, 0],
      ]);
    });

    describe('query', () => {
      beforeEach(() =>
        upsert([
          { id: 1, vector: [1, 0, 0, 0], payload: { n: 1 } },
          { id: 2, vector: [3, 1, 0, 0], payload: { n: 2 } },
          { id: 3, vector: [1, 1, 0, 0], payload: { n: 3 } },
          { id: UUID_LOW, vector: [0, 5, 0, 0], payload: { n: 4 } },
          { id: 5, vector: [-2, 0, 0, 0], payload: { n: 5 } },
        ]),
      );
      const nearest = async (request: Schemas['QueryRequest']): Promise<Point['id'][]> =>
        (await client.query(collection, request)).points.map(({ id }) => id);

      it('gives the nearest points with their cosines, best first', async () => {
        const { points } = await client.query(collection, { query: [10, 0, 0, 0] });
        expect(points.map(({ id }) => id)).toEqual([1, 2, 3, UUID_LOW, 5]);
        const cosines = [1, 3 / Math.sqrt(10), Math.SQRT1_2, 0, -1];
        for (const [index, cosine] of cosines.entries()) expect(points[index]?.score).toBeCloseTo(cosine, 5);
        expect(points.every(({ payload, vector }) => (payload ?? vector ?? null) === null)).toBe(true);
      });

      it('takes the vector of a point, which it leaves out', async () => {
        expect(await nearest({ query: 1, limit: 2 })).toEqual([2, 3]);
        expect(await nearest({ query: { nearest: UUID_LOW }, limit: 1 })).toEqual([3]);
      });

      it('keeps to limit, offset and score_threshold', async () => {
        expect(await nearest({ query: [1, 0, 0, 0], limit: 2, offset: 1 })).toEqual([2, 3]);
        expect(await nearest({ query: [1, 0, 0, 0], offset: 10 })).toEqual([]);
        expect(await nearest({ query: [1, 0, 0, 0], score_threshold: 0.5 })).toEqual([1, 2, 3]);
      });

      it('keeps to a filter', async () => {
        const filter = { must_not: [match('n', 1)], must: [{ key: 'n', range: { lt: 5 } }] };
        expect(await nearest({ query: [1, 0, 0, 0], filter })).toEqual([2, 3, UUID_LOW]);
        expect(await nearest({ query: [1, 0, 0, 0], filter: { must: [match('n', 9)] } })).toEqual([]);
      });

      it('shows payload and vector when asked', async () => {
        const request = { query: [0, 1, 0, 0], limit: 1, with_payload: true, with_vector: true };
        const { points } = await client.query(collection, request);
        expect(points).toMatchObject([{ id: UUID_LOW, payload: { n: 4 }, vector: [0, 1, 0, 0] }]);
      });

      it('sees every write at once', async () => {
        const query = [0, 0, 1, 0];
        expect(await nearest({ query, score_threshold: 0.9 })).toEqual([]);
        await upsert([{ id: 6, vector: [0, 0, 1, 0] }]);
        expect(await nearest({ query, score_threshold: 0.9 })).toEqual([6]);
        await upsert([{ id: 6, vector: [0, 0, 0, 1] }]);
        expect(await nearest({ query, score_threshold: 0.9 })).toEqual([]);
        await client.updateVectors(collection, { wait: true, points: [{ id: 1, vector: query }] });
        expect(await nearest({ query, score_threshold: 0.9 })).toEqual([1]);
        await client.delete(collection, { wait: true, points: [1] });
        expect(await nearest({ query, score_threshold: 0.9 })).toEqual([]);
      });

      it('refuses vectors of other dimensions and points that are absent', async () => {
        await expect(client.query(collection, { query: [1, 0] })).rejects.toMatchObject({
          status: 400,
          data: { status: { error: 'Wrong input: Vector dimension error: expected dim: 4, got 2' } },
        });
        await expect(client.query(collection, { query: 99 })).rejects.toMatchObject({ status: 404 });
      });
    });

    describe('aliases', () => {
      const change = (...actions: Schemas['AliasOperations'][]) => client.updateCollectionAliases({ actions });
      const create = (alias_name: string, collection_name: string) => ({
        create_alias: { alias_name, collection_name },
      });

      it('stand for their collection in reads and writes', async () => {
        const alias = `${collection}-alias`;
        expect(await change(create(alias, collection))).toBe(true);
        await client.upsert(alias, { wait: true, points: [{ id: 1, vector: [1, 0, 0, 0], payload: { a: 1 } }] });
        await client.setPayload(alias, { wait: true, points: [1], payload: { b: 2 } });
        expect(await payloadOf(1)).toEqual({ a: 1, b: 2 });
        expect(await client.count(alias)).toEqual({ count: 1 });
        expect((await client.scroll(alias)).points).toHaveLength(1);
        expect((await client.query(alias, { query: [1, 0, 0, 0] })).points).toHaveLength(1);
        expect(await client.collectionExists(alias)).toEqual({ exists: true });
        expect((await client.getCollection(alias)).points_count).toBe(1);
      });

      it('move to another collection in one request', async () => {
        const alias = `${collection}-alias`;
        const other = await createCollection();
        await change(create(alias, collection));
        await change({ delete_alias: { alias_name: alias } }, create(alias, other));
        expect((await client.getCollectionAliases(collection)).aliases).toEqual([]);
        const moved = { alias_name: alias, collection_name: other };
        expect((await client.getCollectionAliases(other)).aliases).toEqual([moved]);
        expect((await client.getAliases()).aliases).toContainEqual(moved);
      });

      it('are renamed, and go with their collection', async () => {
        const [alias, renamed] = [`${collection}-alias`, `${collection}-renamed`];
        await change(create(alias, collection), { rename_alias: { old_alias_name: alias, new_alias_name: renamed } });
        const { aliases } = await client.getCollectionAliases(collection);
        expect(aliases.map(({ alias_name }) => alias_name)).toEqual([renamed]);
        await client.deleteCollection(collection);
        expect(await client.collectionExists(renamed)).toEqual({ exists: false });
      });

      it('cannot have the name of a collection, nor a collection theirs', async () => {
        const other = await createCollection();
        await expect(change(create(other, collection))).rejects.toMatchObject({ status: 409 });
        const alias = newName();
        await change(create(alias, collection));
        const vectors = { size: 4, distance: 'Cosine' } as const;
        await expect(client.createCollection(alias, { vectors })).rejects.toMatchObject({ status: 400 });
      });

      it('need a collection that exists', async () => {
        await expect(change(create('some-alias', 'no-such-collection'))).rejects.toMatchObject({ status: 404 });
      });
    });
  });
}
