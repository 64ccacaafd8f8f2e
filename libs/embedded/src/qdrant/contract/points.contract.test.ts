import { QdrantClient, type Schemas } from '@qdrant/js-client-rest';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isKeptAs } from '@lockstep/model';
import { LIBRARY, UUID_HIGH, UUID_LOW } from './library.ts';
import { type ServerUnderTest, serversUnderTest } from './servers-under-test.ts';

type Point = Schemas['PointStruct'];

describe.each(serversUnderTest())('points of $name', ({ start }) => {
  let server: ServerUnderTest;
  let client: QdrantClient;
  let collection: string;

  const upsert = (points: Point[]) => client.upsert(collection, { wait: true, points });
  const payloadOf = async (id: Point['id']): Promise<unknown> => {
    const [point] = await client.retrieve(collection, { ids: [id], with_payload: true });
    return point?.payload;
  };
  const vectorOf = async (id: Point['id']): Promise<number[]> => {
    const [point] = await client.retrieve(collection, { ids: [id], with_vector: true });
    return ((point?.vector ?? []) as number[]).map(Math.fround);
  };
  const allIds = async (): Promise<Point['id'][]> =>
    (await client.scroll(collection, { limit: 1000 })).points.map(({ id }) => id);

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

  it('points are stored when their upsert is answered', async () => {
    const result = await upsert([{ id: 7, vector: [1, 0, 0, 0], payload: { a: 1 } }]);
    expect(result.status).toBe('completed');
    expect(result.operation_id).toEqual(expect.any(Number));
    expect(await payloadOf(7)).toEqual({ a: 1 });
  });

  it('points are retrieved in the order of the request, without missing ones', async () => {
    await upsert(LIBRARY);
    const found = await client.retrieve(collection, { ids: [UUID_HIGH, 99, 2, UUID_LOW, 1], with_payload: false });
    expect(found.map(({ id }) => id)).toEqual([UUID_HIGH, 2, UUID_LOW, 1]);
    expect(found.every(({ payload, vector }) => (payload ?? vector ?? null) === null)).toBe(true);
  });

  it('a payload is returned with every kind of JSON value', async () => {
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

  it('decimals of a payload are kept within four units in the last place, some of them not exactly, and -0 as 0', async () => {
    const numbers = Array.from({ length: 1_000 }, (_, index) => Math.sin(index + 1) / 7);
    const written = { numbers, edge: 4503599627370495.5, none: -0, deep: [{ one: 1 / 3 }] };
    await upsert([{ id: 1, vector: [1, 0, 0, 0], payload: written }]);
    const stored = (await payloadOf(1)) as typeof written;
    expect(isKeptAs(written, stored)).toBe(true);
    expect(stored.edge).toBe(4503599627370495);
    expect(Object.is(stored.none, 0)).toBe(true);
    expect(stored.numbers.filter((number, index) => number !== numbers[index]).length).toBeGreaterThan(20);
    await client.setPayload(collection, { wait: true, points: [1], payload: { deep: [{ one: 4503599627370495.5 }] } });
    expect(await payloadOf(1)).toMatchObject({ deep: [{ one: 4503599627370495 }] });
  });

  it('a range finds a point by the very decimal that was written', async () => {
    const written = Array.from({ length: 200 }, (_, index) => Math.sin(index + 1) / 7);
    await upsert(written.map((score, index) => ({ id: index, vector: [1, 0, 0, 0], payload: { score } })));
    const found = async (score: number) =>
      (await client.count(collection, { filter: { must: [{ key: 'score', range: { gte: score, lte: score } }] } }))
        .count;
    expect(await Promise.all(written.map(found))).toEqual(written.map(() => 1));
  });

  it('a vector is scaled to length 1 for Cosine', async () => {
    await upsert([{ id: 1, vector: [3, 0, 4, 0] }]);
    const vector = await vectorOf(1);
    expect(vector).toHaveLength(4);
    for (const [index, expected] of [0.6, 0, 0.8, 0].entries()) expect(vector[index]).toBeCloseTo(expected, 6);
  });

  it('a vector of length 1 is stored bit for bit', async () => {
    const vector = [0.6, 0.8, 0, -0.0001].map(Math.fround);
    await upsert([{ id: 1, vector }]);
    expect(await vectorOf(1)).toEqual(vector);
  });

  it('a later upsert replaces a whole point', async () => {
    await upsert([{ id: 1, vector: [1, 0, 0, 0], payload: { a: 1, b: 1 } }]);
    await upsert([{ id: 1, vector: [0, 1, 0, 0], payload: { b: 2 } }]);
    expect(await payloadOf(1)).toEqual({ b: 2 });
    expect(await vectorOf(1)).toEqual([0, 1, 0, 0]);
    await upsert([{ id: 1, vector: [0, 1, 0, 0] }]);
    expect(await payloadOf(1)).toEqual({});
    expect(await client.count(collection)).toEqual({ count: 1 });
  });

  it('the last of two points with one id in an upsert is stored', async () => {
    await upsert([
      { id: 1, vector: [1, 0, 0, 0], payload: { n: 1 } },
      { id: 2, vector: [1, 0, 0, 0] },
      { id: 1, vector: [0, 1, 0, 0], payload: { n: 2 } },
    ]);
    expect(await payloadOf(1)).toEqual({ n: 2 });
    expect(await vectorOf(1)).toEqual([0, 1, 0, 0]);
    expect(await client.count(collection)).toEqual({ count: 2 });
  });

  it('a point with another number of dimensions is refused', async () => {
    await expect(upsert([{ id: 1, vector: [1, 0, 0] }])).rejects.toMatchObject({
      status: 400,
      data: { status: { error: 'Wrong input: Vector dimension error: expected dim: 4, got 3' } },
    });
    expect(await client.count(collection)).toEqual({ count: 0 });
  });

  it.each(['not-a-uuid', '1', -1, 1.5])('a point with the id %j is refused', async (id) => {
    await expect(upsert([{ id, vector: [1, 0, 0, 0] }])).rejects.toMatchObject({ status: 400 });
  });

  it('a vector with NaN, which JSON writes as null, is refused', async () => {
    await expect(upsert([{ id: 1, vector: [1, Number.NaN, 0, 0] }])).rejects.toMatchObject({ status: 400 });
  });

  it('a UUID is returned in lower case, whatever its case in the request', async () => {
    await upsert([{ id: UUID_HIGH.toUpperCase(), vector: [1, 0, 0, 0] }]);
    expect(await allIds()).toEqual([UUID_HIGH]);
  });

  it('points are deleted by id, and ids that do not exist are ignored', async () => {
    await upsert(LIBRARY);
    const result = await client.delete(collection, { wait: true, points: [1, 99, UUID_LOW] });
    expect(result.status).toBe('completed');
    expect(await allIds()).toEqual([2, 3, 4, UUID_HIGH]);
    expect(await client.count(collection)).toEqual({ count: 4 });
  });

  it('points are deleted by filter', async () => {
    await upsert(LIBRARY);
    await client.delete(collection, {
      wait: true,
      filter: { must: [{ key: 'corpus', match: { value: 'a' } }], must_not: [{ has_id: [2] }] },
    });
    expect(await allIds()).toEqual([2, 3, 4, UUID_HIGH]);
  });

  it('a write with ids and a range in its filter does not change points outside the range', async () => {
    await upsert(LIBRARY);
    const upTo = (ids: Point['id'][]) => ({ must: [{ has_id: ids }, { key: 'page', range: { lte: 2 } }] });
    await client.setPayload(collection, { wait: true, filter: upTo([2, 3]), payload: { page: 2 } });
    await client.overwritePayload(collection, { wait: true, filter: upTo([1, 4]), payload: { page: 1 } });
    await client.delete(collection, { wait: true, filter: upTo([UUID_LOW, 3, UUID_HIGH]) });
    expect(await allIds()).toEqual([1, 2, 3, 4, UUID_HIGH]);
    expect(await payloadOf(1)).toEqual({ page: 1 });
    for (const { id, payload } of LIBRARY.slice(1, 4)) expect(await payloadOf(id)).toEqual(payload);
  });

  it('an update of vectors does not change payloads', async () => {
    await upsert(LIBRARY);
    await client.updateVectors(collection, { wait: true, points: [{ id: 1, vector: [0, 0, 0, 2] }] });
    expect(await vectorOf(1)).toEqual([0, 0, 0, 1]);
    expect(await payloadOf(1)).toMatchObject({ corpus: 'a' });
    const { points } = await client.query(collection, { query: [0, 0, 0, 1], limit: 2 });
    expect(points.map(({ id }) => id).toSorted()).toEqual([1, 4]);
  });

  it('a batch of operations is applied in order', async () => {
    const results = await client.batchUpdate(collection, {
      wait: true,
      operations: [
        { upsert: { points: LIBRARY } },
        { delete: { points: [1] } },
        { upsert: { points: [{ id: 1, vector: [0, 1, 0, 0], payload: { step: 1, gone: 1 } }] } },
        { set_payload: { points: [1], payload: { step: 2, gone: null } } },
        { overwrite_payload: { points: [2], payload: { only: 1 } } },
        { overwrite_payload: { points: [3], payload: {} } },
        { update_vectors: { points: [{ id: 4, vector: [1, 0, 0, 0] }] } },
        { delete: { filter: { must: [{ key: 'only', match: { value: 1 } }] } } },
      ],
    });
    expect(results.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 'completed'));
    expect(await allIds()).toEqual([1, 3, 4, UUID_LOW, UUID_HIGH]);
    expect([await payloadOf(1), await payloadOf(3)]).toEqual([{ step: 2 }, {}]);
    expect([await vectorOf(1), await vectorOf(4)]).toEqual([
      [0, 1, 0, 0],
      [1, 0, 0, 0],
    ]);
  });

  describe('payloads', () => {
    beforeEach(() => upsert([{ id: 1, vector: [1, 0, 0, 0], payload: { a: 1, b: { c: 1 } } }]));

    it('set_payload merges a payload key by key, and a null removes a key', async () => {
      await client.setPayload(collection, { wait: true, points: [1], payload: { a: null, b: { x: 1 }, y: 2 } });
      expect(await payloadOf(1)).toEqual({ b: { x: 1 }, y: 2 });
    });

    it('overwrite_payload replaces a payload', async () => {
      await client.overwritePayload(collection, { wait: true, points: [1], payload: { z: [1] } });
      expect(await payloadOf(1)).toEqual({ z: [1] });
    });

    it('set_payload with a filter changes only the points that match', async () => {
      await upsert([{ id: 2, vector: [1, 0, 0, 0], payload: { a: 2 } }]);
      const filter = { must: [{ key: 'a', match: { value: 2 } }] };
      await client.setPayload(collection, { wait: true, filter, payload: { hit: true } });
      expect(await payloadOf(1)).not.toHaveProperty('hit');
      expect(await payloadOf(2)).toEqual({ a: 2, hit: true });
    });

    it('set_payload is answered with 404 when a point does not exist', async () => {
      const notFound = { status: 404, data: { status: { error: 'Not found: No point with id 9 found' } } };
      await expect(client.setPayload(collection, { wait: true, points: [9], payload: { a: 1 } })).rejects.toMatchObject(
        notFound,
      );
    });
  });

  describe('scroll', () => {
    beforeEach(() => upsert(LIBRARY));

    it('a scroll returns every point once, integers before UUIDs, for any page size', async () => {
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

    it('a scroll starts with the point at its offset, and returns the offset of the next page', async () => {
      const page = await client.scroll(collection, { offset: 3, limit: 2 });
      expect(page.points.map(({ id }) => id)).toEqual([3, 4]);
      expect(page.next_page_offset).toBe(UUID_LOW);
    });

    it('a scroll with a filter has pages of the points that match', async () => {
      const filter = { must: [{ key: 'corpus', match: { value: 'a' } }] };
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
    ])('with_payload %j selects parts of payloads', async (with_payload, expected) => {
      const { points } = await client.scroll(collection, { limit: 1, with_payload });
      expect(points[0]?.payload ?? null).toEqual(expected);
    });

    it('a scroll returns vectors only on request', async () => {
      const [without] = (await client.scroll(collection, { limit: 1 })).points;
      const [with_] = (await client.scroll(collection, { limit: 1, with_vector: true })).points;
      expect([without?.vector ?? null, with_?.vector]).toEqual([null, [1, 0, 0, 0]]);
    });
  });
});
