import { QdrantClient } from '@qdrant/js-client-rest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerUnderTest, serversUnderTest } from './servers-under-test.ts';

/** A vector of length 1 whose numbers have more than 11 bits, one of them too small for a normal number of binary16. */
const VECTOR = [0.8, 0.59999, 0.0034639, 0.00003];

describe.each(serversUnderTest())('how $name stores vectors', ({ start }) => {
  let server: ServerUnderTest;
  let client: QdrantClient;

  beforeAll(async () => {
    server = await start();
    client = new QdrantClient(server.connection);
  });

  afterAll(() => server.close());

  async function stored(config: { readonly datatype?: 'float16' | 'float32'; readonly quantization?: object }) {
    const collection = `suite-${crypto.randomUUID()}`;
    const { datatype, quantization } = config;
    await client.createCollection(collection, {
      vectors: { size: 4, distance: 'Cosine', ...(datatype !== undefined && { datatype }) },
      ...(quantization !== undefined && { quantization_config: quantization as { binary: object } }),
    });
    await client.upsert(collection, { wait: true, points: [{ id: 1, vector: VECTOR }] });
    const [point] = await client.retrieve(collection, { ids: [1], with_vector: true });
    const info = await client.getCollection(collection);
    await client.deleteCollection(collection);
    return { vector: point?.vector as number[], info };
  }

  it('float16 keeps 11 bits of each number, and is named in the description of the collection', async () => {
    const { vector, info } = await stored({ datatype: 'float16' });
    expect(info.config.params.vectors).toMatchObject({ size: 4, datatype: 'float16' });
    for (const [at, number] of vector.entries()) {
      const sent = VECTOR[at] as number;
      expect(Math.abs(number - sent)).toBeLessThanOrEqual(Math.max(sent * 2 ** -11, 2 ** -25));
    }
    expect(vector.map(Math.fround)).not.toEqual(VECTOR.map(Math.fround));
    // 0.8 in binary16.
    expect(vector[0]).toBeCloseTo(0.7998046875, 10);
  });

  it.each([
    ['scalar', { scalar: { type: 'int8' } }],
    ['binary', { binary: {} }],
    ['product', { product: { compression: 'x4' } }],
  ])('%s quantisation keeps the vectors that were sent beside the quantised ones', async (kind, quantization) => {
    const { vector, info } = await stored({ quantization });
    expect(info.config.quantization_config).toHaveProperty(kind);
    for (const [at, number] of vector.entries()) expect(number).toBeCloseTo(VECTOR[at] as number, 5);
  });
});
