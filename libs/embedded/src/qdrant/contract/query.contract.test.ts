import { QdrantClient, type Schemas } from '@qdrant/js-client-rest';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { UUID_LOW } from './library.ts';
import { type ServerUnderTest, serversUnderTest } from './servers-under-test.ts';

type Point = Schemas['PointStruct'];

describe.each(serversUnderTest())('queries of $name', ({ start }) => {
  let server: ServerUnderTest;
  let client: QdrantClient;
  let collection: string;

  const upsert = (points: Point[]) => client.upsert(collection, { wait: true, points });
  const nearest = async (request: Schemas['QueryRequest']): Promise<Point['id'][]> =>
    (await client.query(collection, request)).points.map(({ id }) => id);

  beforeAll(async () => {
    server = await start();
    client = new QdrantClient(server.connection);
  });

  afterAll(() => server.close());

  beforeEach(async () => {
    collection = `suite-${crypto.randomUUID()}`;
    await client.createCollection(collection, { vectors: { size: 4, distance: 'Cosine' } });
    await upsert([
      { id: 1, vector: [1, 0, 0, 0], payload: { n: 1 } },
      { id: 2, vector: [3, 1, 0, 0], payload: { n: 2 } },
      { id: 3, vector: [1, 1, 0, 0], payload: { n: 3 } },
      { id: UUID_LOW, vector: [0, 5, 0, 0], payload: { n: 4 } },
      { id: 5, vector: [-2, 0, 0, 0], payload: { n: 5 } },
    ]);
  });

  afterEach(() => client.deleteCollection(collection));

  it('a query returns the nearest points with their cosines, best first', async () => {
    const { points } = await client.query(collection, { query: [10, 0, 0, 0] });
    expect(points.map(({ id }) => id)).toEqual([1, 2, 3, UUID_LOW, 5]);
    const cosines = [1, 3 / Math.sqrt(10), Math.SQRT1_2, 0, -1];
    for (const [index, cosine] of cosines.entries()) expect(points[index]?.score).toBeCloseTo(cosine, 5);
    expect(points.every(({ payload, vector }) => (payload ?? vector ?? null) === null)).toBe(true);
  });

  it('a query returns at most `limit` points, 10 by default', async () => {
    expect(await nearest({ query: [1, 0, 0, 0], limit: 2 })).toEqual([1, 2]);
    expect(await nearest({ query: { nearest: [1, 0, 0, 0] }, limit: 2 })).toEqual([1, 2]);
    await upsert(Array.from({ length: 9 }, (_, at) => ({ id: 10 + at, vector: [0, 0, 1, at] })));
    expect(await nearest({ query: [1, 0, 0, 0] })).toHaveLength(10);
  });

  it('a query returns only points that match its filter', async () => {
    const filter = { must_not: [{ key: 'n', match: { value: 1 } }], must: [{ key: 'n', range: { lt: 5 } }] };
    expect(await nearest({ query: [1, 0, 0, 0], filter })).toEqual([2, 3, UUID_LOW]);
    const none = { must: [{ key: 'n', match: { value: 9 } }] };
    expect(await nearest({ query: [1, 0, 0, 0], filter: none })).toEqual([]);
  });

  it('a query returns payloads and vectors on request', async () => {
    const request = { query: [0, 1, 0, 0], limit: 1, with_payload: true, with_vector: true };
    const { points } = await client.query(collection, request);
    expect(points).toMatchObject([{ id: UUID_LOW, payload: { n: 4 }, vector: [0, 1, 0, 0] }]);
  });

  it('a query finds the result of every earlier write', async () => {
    const query = [0, 0, 1, 0];
    const near = async () => {
      const { points } = await client.query(collection, { query });
      return points.filter(({ score }) => score > 0.9).map(({ id }) => id);
    };
    expect(await near()).toEqual([]);
    await upsert([{ id: 6, vector: [0, 0, 1, 0] }]);
    expect(await near()).toEqual([6]);
    await upsert([{ id: 6, vector: [0, 0, 0, 1] }]);
    expect(await near()).toEqual([]);
    await client.updateVectors(collection, { wait: true, points: [{ id: 1, vector: query }] });
    expect(await near()).toEqual([1]);
    await client.delete(collection, { wait: true, points: [1] });
    expect(await near()).toEqual([]);
  });

  it('a query with a vector of other dimensions is refused', async () => {
    await expect(client.query(collection, { query: [1, 0] })).rejects.toMatchObject({
      status: 400,
      data: { status: { error: 'Wrong input: Vector dimension error: expected dim: 4, got 2' } },
    });
  });
});
