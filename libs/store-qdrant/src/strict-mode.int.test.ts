import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { QdrantClient } from '@qdrant/js-client-rest';
import { startEmbeddedQdrant, type EmbeddedQdrant } from '@lockstep/embedded';
import { pointIdOf, type Point, type VectorStore } from '@lockstep/model';
import { collect, createInstantGuard, failureOf } from '@lockstep/testing-ports';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createQdrantVectorStore } from './qdrant-vector-store.ts';

let directory: string;
let server: EmbeddedQdrant;
let official: QdrantClient;
let collection: string;
let store: VectorStore;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'strict-mode-'));
  server = await startEmbeddedQdrant({ directory });
  official = new QdrantClient({ url: server.url, checkCompatibility: false });
});
afterAll(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});
beforeEach(() => {
  collection = `books-${crypto.randomUUID()}`;
  store = openStore();
});

/** A store that knows nothing yet of the limits of the server, as one of a new process. */
function openStore(): VectorStore {
  return createQdrantVectorStore({
    url: new URL(server.url),
    collection,
    guard: createInstantGuard('qdrant').guard,
    timeoutMs: 60_000,
  });
}

const create = (strict_mode_config: object) =>
  official.createCollection(collection, { vectors: { size: 4, distance: 'Cosine' }, strict_mode_config });

function pointOf(id: number): Point {
  const chunk_id = String(id);
  return {
    pointId: pointIdOf('a', chunk_id),
    vector: Float32Array.from([1, 0, 0, 0]),
    payload: {
      ...{ corpus: 'a', chunk_id, document_id: null, model: 'm', content_hash: 'h' },
      ...{ embedding_key: `key-${id}`, projection: 'p' },
    },
  };
}
const pointsOf = (count: number): Point[] => Array.from({ length: count }, (_, id) => pointOf(id));

describe('a collection that was made by hand, without indexes, and allows no filter without one', () => {
  beforeEach(() => create({ enabled: true, unindexed_filtering_retrieve: false, unindexed_filtering_update: false }));

  it('reads as an empty one', async () => {
    expect(await store.count('a')).toBe(0);
    expect(await collect(store.scan('a'))).toEqual([]);
    expect(await store.foreignModel('m')).toBeUndefined();
    expect(await store.vectorsOfKeys(['key-1'])).toEqual(new Map());
    expect(await store.census()).toEqual({ corpora: [], unowned: 0 });
  });

  it('has its points counted, listed and told by model without a filter', async () => {
    const others = [
      { id: 1, vector: [1, 0, 0, 0], payload: { note: 'theirs' } },
      { id: 2, vector: [1, 0, 0, 0], payload: { corpus: 'b', model: 'other' } },
    ];
    await official.upsert(collection, { wait: true, points: others });
    await store.upsert(pointsOf(1_200));
    expect(await store.count('a')).toBe(1_200);
    expect((await collect(store.scan('a'))).flat().map(({ payload }) => payload['corpus'])).toEqual(
      Array.from({ length: 1_200 }, () => 'a'),
    );
    expect(await store.foreignModel('m')).toBe('other');
    expect(await store.foreignModel('other')).toBe('m');
    expect(await store.census()).toEqual({
      corpora: [
        { corpus: 'a', count: 1_200 },
        { corpus: 'b', count: 1 },
      ],
      unowned: 1,
    });
  });

  it('is filtered again as soon as the indexes are there, for reads and for payloads', async () => {
    await store.ensure({ dimensions: 4, indexes: { corpus: 'keyword', embedding_key: 'keyword', model: 'keyword' } });
    await store.upsert(pointsOf(3));
    await store.overwritePayloads([{ ...pointOf(1), payload: { ...pointOf(1).payload, content_hash: 'new' } }]);
    const hashes = (await collect(store.scan('a'))).flat().map(({ payload }) => payload['content_hash']);
    expect(hashes.toSorted()).toEqual(['h', 'h', 'new']);
    expect([...(await store.vectorsOfKeys(['key-1'])).keys()]).toEqual(['key-1']);
  });

  it('a search by a field without an index ends with the field and the reason', async () => {
    await store.ensure({ dimensions: 4, indexes: { corpus: 'keyword' } });
    const search = store.search({ vector: Float32Array.from([1, 0, 0, 0]), filter: { lang: 'en' }, limit: 3 });
    expect((await failureOf(search)).message).toContain('Index required but not found for "lang"');
  });
});

describe('a collection with limits', () => {
  it.each([
    ['upsert_max_batchsize', 3, 3],
    ['write_rate_limit', 3, 2],
  ])(
    '%s: a store that learns it from a refusal writes all points, and packs no larger requests later',
    async (limit, allowed, learned) => {
      await create({ enabled: true, [limit]: allowed });
      // Half of 8, then half of 4, since a rate limit does not say what it is.
      await store.upsert(pointsOf(8));
      expect(await store.count('a')).toBe(8);
      expect(store.pack(pointsOf(8)).every((part) => part.length <= learned)).toBe(true);
      expect(store.pack(pointsOf(8)).flat()).toHaveLength(8);
    },
  );

  it.each(['upsert_max_batchsize', 'write_rate_limit'])(
    '%s: a store that has asked for the collection sends no request that is refused',
    async (limit) => {
      await create({ enabled: true, [limit]: 5 });
      await store.inspect();
      expect(store.pack(pointsOf(12)).map((part) => part.length)).toEqual([5, 5, 2]);
      await store.upsert(pointsOf(12));
      expect(await store.count('a')).toBe(12);
    },
  );

  it('deletions and payloads are split by the limit of writes too', async () => {
    await create({ enabled: true, write_rate_limit: 4 });
    await store.upsert(pointsOf(10));
    const another = openStore();
    await another.overwritePayloads(
      pointsOf(10).map(({ pointId, payload }) => ({ pointId, payload: { ...payload, content_hash: 'new' } })),
    );
    expect((await collect(store.scan('a'))).flat().map(({ payload }) => payload['content_hash'])).toEqual(
      Array.from({ length: 10 }, () => 'new'),
    );
    await openStore().delete(pointsOf(9).map(({ pointId }) => pointId));
    expect(await store.count('a')).toBe(1);
  });

  it('max_query_limit: pages are as small as allowed, and nothing is left out', async () => {
    await create({ enabled: true, max_query_limit: 7 });
    await store.ensure({ dimensions: 4, indexes: { corpus: 'keyword' } });
    await store.upsert(pointsOf(30));
    const another = openStore();
    const pages = await collect(another.scan('a'));
    expect(pages.flat()).toHaveLength(30);
    expect(pages.every((page) => page.length <= 7)).toBe(true);
    const keys = pointsOf(30).map(({ payload }) => payload.embedding_key);
    expect([...(await openStore().vectorsOfKeys(keys)).keys()].toSorted()).toEqual(keys.toSorted());
    expect((await openStore().census()).corpora).toEqual([{ corpus: 'a', count: 30 }]);
  });

  it('a limit of one point a minute is met by requests of one point', async () => {
    await create({ enabled: true, write_rate_limit: 1 });
    await store.upsert(pointsOf(3));
    expect(await store.count('a')).toBe(3);
  });
});
