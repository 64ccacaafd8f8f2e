import { QdrantClient } from '@qdrant/js-client-rest';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ServerUnderTest, serversUnderTest } from './servers-under-test.ts';

describe.each(serversUnderTest())('strict mode of $name', ({ start }) => {
  let server: ServerUnderTest;
  let client: QdrantClient;
  let collection: string;

  const points = (count: number) =>
    Array.from({ length: count }, (_, id) => ({ id, vector: [1, 0, 0, 0], payload: { corpus: 'a', page: id } }));
  const upsert = (count: number) => client.upsert(collection, { wait: true, points: points(count) });
  const ofCorpus = { must: [{ key: 'corpus', match: { value: 'a' } }] };
  /** The status and the text of the error that a request ends with. */
  async function refusalOf(request: Promise<unknown>): Promise<string> {
    const error = await request.then(
      () => undefined,
      (failure: unknown) => failure as { status: number; data: { status: { error: string } } },
    );
    return error === undefined ? 'done' : `${error.status} ${error.data.status.error}`;
  }
  const strict = (strict_mode_config: object) => client.updateCollection(collection, { strict_mode_config });

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

  it('a read needs an index for every key of its filter, and so does a write where that is said', async () => {
    await strict({ enabled: true, unindexed_filtering_retrieve: false });
    const missing = /^400 Bad request: Index required but not found for "corpus" of one of the following types: /;
    expect(await refusalOf(client.scroll(collection, { filter: ofCorpus }))).toMatch(missing);
    expect(await refusalOf(client.count(collection, { filter: ofCorpus }))).toMatch(missing);
    expect(await refusalOf(client.query(collection, { query: [1, 0, 0, 0], filter: ofCorpus }))).toMatch(missing);
    expect(await refusalOf(client.scroll(collection, {}))).toBe('done');
    expect(await refusalOf(client.delete(collection, { wait: true, filter: ofCorpus }))).toBe('done');
    await strict({ enabled: true, unindexed_filtering_update: false });
    expect(await refusalOf(client.delete(collection, { wait: true, filter: ofCorpus }))).toMatch(missing);
    await client.createPayloadIndex(collection, { wait: true, field_name: 'corpus', field_schema: 'keyword' });
    expect(await refusalOf(client.scroll(collection, { filter: ofCorpus }))).toBe('done');
    expect(await refusalOf(client.delete(collection, { wait: true, filter: ofCorpus }))).toBe('done');
  });

  it('pages and upserts have the sizes that are allowed', async () => {
    await strict({ enabled: true, max_query_limit: 5, upsert_max_batchsize: 3 });
    expect(await refusalOf(upsert(3))).toBe('done');
    expect(await refusalOf(upsert(4))).toBe(
      '400 Bad request: Limit exceeded 4 > 3 for "upsert limit". Help: Reduce the "upsert limit" parameter to or below 3.',
    );
    expect((await client.count(collection)).count).toBe(3);
    expect(await refusalOf(client.scroll(collection, { limit: 5 }))).toBe('done');
    expect(await refusalOf(client.scroll(collection, { limit: 6 }))).toBe(
      '400 Bad request: Limit exceeded 6 > 5 for "limit". Help: Reduce the "limit" parameter to or below 5.',
    );
    expect(await refusalOf(client.query(collection, { query: [1, 0, 0, 0], limit: 6 }))).toMatch(/^400 .*6 > 5/);
  });

  it('a write of more points than are allowed in a minute is refused whenever it comes', async () => {
    await strict({ enabled: true, write_rate_limit: 3 });
    expect(await refusalOf(upsert(4))).toBe(
      '429 Rate limiting exceeded: Write rate limit exceeded, request larger than rate limiter capacity, please try to split your request',
    );
    expect((await client.count(collection)).count).toBe(0);
    expect(await refusalOf(upsert(3))).toBe('done');
  });

  it('is reported as it was given, and holds only where it is enabled', async () => {
    await strict({ enabled: false, max_query_limit: 5, unindexed_filtering_retrieve: false });
    const { config } = await client.getCollection(collection);
    expect(config.strict_mode_config).toMatchObject({ enabled: false, max_query_limit: 5 });
    expect(await refusalOf(client.scroll(collection, { limit: 6, filter: ofCorpus }))).toBe('done');
  });
});
