import { QdrantClient, type Schemas } from '@qdrant/js-client-rest';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LIBRARY } from './library.ts';
import { type ServerUnderTest, serversUnderTest } from './servers-under-test.ts';

describe.each(serversUnderTest())('collections of $name', ({ start }) => {
  let server: ServerUnderTest;
  let client: QdrantClient;
  let collection: string;
  let created: string[];

  const newName = (): string => {
    const fresh = `suite-${crypto.randomUUID()}`;
    created.push(fresh);
    return fresh;
  };
  const createCollection = async (): Promise<string> => {
    const fresh = newName();
    await client.createCollection(fresh, { vectors: { size: 4, distance: 'Cosine' } });
    return fresh;
  };

  beforeAll(async () => {
    server = await start();
    client = new QdrantClient(server.connection);
  });

  afterAll(() => server.close());

  beforeEach(async () => {
    created = [];
    collection = await createCollection();
  });

  afterEach(async () => {
    for (const one of created) await client.deleteCollection(one);
  });

  it('the server reports its version', async () => {
    expect((await client.versionInfo()).version).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('a collection exists from its creation to its deletion', async () => {
    const fresh = newName();
    const names = async () => (await client.getCollections()).collections;
    expect(await names()).not.toContainEqual({ name: fresh });
    expect(await client.createCollection(fresh, { vectors: { size: 3, distance: 'Cosine' } })).toBe(true);
    expect(await names()).toContainEqual({ name: fresh });
    expect(await client.deleteCollection(fresh)).toBe(true);
    expect(await names()).not.toContainEqual({ name: fresh });
    expect(await client.deleteCollection(fresh)).toBe(false);
  });

  it('a collection describes its vectors, points and indexes', async () => {
    await client.upsert(collection, { wait: true, points: LIBRARY });
    await client.createPayloadIndex(collection, { field_name: 'corpus', field_schema: 'keyword', wait: true });
    const info = await client.getCollection(collection);
    expect(info.config.params.vectors).toMatchObject({ size: 4, distance: 'Cosine' });
    expect(info).toMatchObject({ status: 'green', points_count: 6 });
    expect(info.payload_schema).toEqual({ corpus: { data_type: 'keyword', points: 5 } });
  });

  it('a collection cannot be created twice', async () => {
    await expect(
      client.createCollection(collection, { vectors: { size: 4, distance: 'Cosine' } }),
    ).rejects.toMatchObject({
      status: 409,
      data: { status: { error: `Wrong input: Collection \`${collection}\` already exists!` } },
    });
  });

  it('every call on a collection that does not exist is answered with 404', async () => {
    const absent = `absent-${crypto.randomUUID()}`;
    const notFound = {
      status: 404,
      data: { status: { error: `Not found: Collection \`${absent}\` doesn't exist!` } },
    };
    const calls = [
      () => client.getCollection(absent),
      () => client.updateCollection(absent, { optimizers_config: { indexing_threshold: 5 } }),
      () => client.upsert(absent, { wait: true, points: [{ id: 1, vector: [1, 0, 0, 0] }] }),
      () => client.delete(absent, { wait: true, points: [1] }),
      () => client.scroll(absent),
      () => client.count(absent),
      () => client.retrieve(absent, { ids: [1] }),
      () => client.query(absent, { query: [1, 0, 0, 0] }),
      () => client.facet(absent, { key: 'corpus' }),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject(notFound);
  });

  it('a collection reports the settings of its optimizer, and an update changes those that it names', async () => {
    const fresh = newName();
    const optimizers_config = { indexing_threshold: 7, default_segment_number: 2 };
    await client.createCollection(fresh, { vectors: { size: 3, distance: 'Cosine' }, optimizers_config });
    const settings = async () => (await client.getCollection(fresh)).config.optimizer_config;
    expect(await settings()).toMatchObject(optimizers_config);
    await client.updateCollection(fresh, { optimizers_config: { indexing_threshold: 5 } });
    expect(await settings()).toMatchObject({ ...optimizers_config, indexing_threshold: 5 });
  });

  describe('aliases', () => {
    const change = (...actions: Schemas['AliasOperations'][]) => client.updateCollectionAliases({ actions });
    const create = (alias_name: string, collection_name: string) => ({
      create_alias: { alias_name, collection_name },
    });

    it('an alias stands for its collection in reads and writes', async () => {
      const alias = `${collection}-alias`;
      expect(await change(create(alias, collection))).toBe(true);
      await client.upsert(alias, { wait: true, points: [{ id: 1, vector: [1, 0, 0, 0], payload: { a: 1 } }] });
      await client.setPayload(alias, { wait: true, points: [1], payload: { b: 2 } });
      expect(await client.retrieve(collection, { ids: [1] })).toMatchObject([{ id: 1, payload: { a: 1, b: 2 } }]);
      expect(await client.count(alias)).toEqual({ count: 1 });
      expect((await client.scroll(alias)).points).toHaveLength(1);
      expect((await client.query(alias, { query: [1, 0, 0, 0] })).points).toHaveLength(1);
      expect((await client.getCollection(alias)).points_count).toBe(1);
    });

    it('an alias moves to another collection in one request', async () => {
      const alias = `${collection}-alias`;
      const other = await createCollection();
      await change(create(alias, collection));
      await change({ delete_alias: { alias_name: alias } }, create(alias, other));
      expect((await client.getCollectionAliases(collection)).aliases).toEqual([]);
      const moved = { alias_name: alias, collection_name: other };
      expect((await client.getCollectionAliases(other)).aliases).toEqual([moved]);
      expect((await client.getAliases()).aliases).toContainEqual(moved);
    });

    it('an alias is deleted with its collection', async () => {
      const alias = `${collection}-alias`;
      await change(create(alias, collection));
      await client.deleteCollection(collection);
      await expect(client.getCollection(alias)).rejects.toMatchObject({ status: 404 });
      expect((await client.getAliases()).aliases.filter(({ alias_name }) => alias_name === alias)).toEqual([]);
    });

    it('an alias cannot have the name of a collection, nor a collection that of an alias', async () => {
      const other = await createCollection();
      await expect(change(create(other, collection))).rejects.toMatchObject({ status: 409 });
      const alias = newName();
      await change(create(alias, collection));
      const vectors = { size: 4, distance: 'Cosine' } as const;
      await expect(client.createCollection(alias, { vectors })).rejects.toMatchObject({ status: 400 });
    });

    it('an alias needs a collection that exists', async () => {
      await expect(change(create('some-alias', 'no-such-collection'))).rejects.toMatchObject({ status: 404 });
    });
  });
});
