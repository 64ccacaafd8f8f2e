import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  isKeptAs,
  pointIdOf,
  type CollectionSpec,
  type JsonObject,
  type PayloadFilter,
  type Point,
  type PointPayload,
  type VectorStore,
} from '@lockstep/model';
import { collect } from '../collect.ts';
import { AWKWARD_CORPORA } from './awkward-corpora.ts';
import { AWKWARD_OBJECT, AWKWARD_TEXTS } from './awkward-json.ts';
import { failureOf } from '../failure-of.ts';

/** A vector service for the suite, which creates collections with names of its own in it and removes them. */
export interface VectorStoresUnderTest {
  /** The store over a collection, which may not exist. */
  store(collection: string): VectorStore;
  /** Payload fields of a collection that are indexed, each with its type. */
  indexes(collection: string): Promise<Readonly<Record<string, string>>>;
  /** Removes a collection; does nothing where there is none. */
  drop(collection: string): Promise<void>;
  close(): Promise<void>;
}

/** Enough for a remote server with a cold start. */
const TIMEOUT_MS = 60_000;
const INDEXES = { corpus: 'keyword', page: 'integer' } as const;
const SPEC = { dimensions: 4, indexes: INDEXES };

function point(
  corpus: string,
  chunkId: string,
  vector: readonly number[] = [1, 0, 0, 0],
  more: JsonObject = {},
): Point {
  const payload: PointPayload = {
    corpus,
    chunk_id: chunkId,
    document_id: null,
    model: 'model-a',
    content_hash: `hash-of-${chunkId}`,
    embedding_key: `key-of-${chunkId}`,
    projection: 'p1',
    ...more,
  };
  return { pointId: pointIdOf(corpus, chunkId), vector: Float32Array.from(vector), payload };
}

/**
 * What every `VectorStore` must do.
 *
 * Registers vitest tests. Every test has a collection of its own.
 *
 * @param start gives the service, once for the whole suite; its `close` is called at the end
 */
export function vectorStoreSuite(name: string, start: () => Promise<VectorStoresUnderTest>): void {
  describe(name, { timeout: TIMEOUT_MS }, () => {
    let under: VectorStoresUnderTest;
    let collection: string;
    let store: VectorStore;

    const scanned = async (corpus: string) => {
      const pages = [];
      for await (const page of store.scan(corpus)) pages.push([...page]);
      return pages;
    };
    const payloads = async (corpus: string) => (await scanned(corpus)).flat().map(({ payload }) => payload);

    beforeAll(async () => {
      under = await start();
    }, TIMEOUT_MS);

    afterAll(() => under.close(), TIMEOUT_MS);

    beforeEach(async ({ task }) => {
      collection = `suite-${randomUUID()}`;
      store = under.store(collection);
      if (!task.name.startsWith('ensure')) await store.ensure(SPEC);
    }, TIMEOUT_MS);

    afterEach(() => under.drop(collection), TIMEOUT_MS);

    it('describe gives the service with its version, and target its collection', async () => {
      const { name: service, version } = await store.describe();
      expect(service).not.toBe('');
      expect(version).toMatch(/^\d+\.\d+\.\d+/);
      expect(store.target).toMatch(new RegExp(`^[^/@]+/${collection}$`));
    });

    it('ensure creates a collection with its indexes, and may be repeated', async () => {
      await store.ensure(SPEC);
      await store.upsert([point('a', '1')]);
      await store.ensure(SPEC);
      expect(await store.count('a')).toBe(1);
      expect(await under.indexes(collection)).toEqual(INDEXES);
    });

    it('ensure may be called by several at once', async () => {
      await Promise.all([1, 2, 3, 4].map(() => store.ensure(SPEC)));
      expect(await under.indexes(collection)).toEqual(INDEXES);
    });

    it('ensure adds a missing index to a collection with points', async () => {
      await store.ensure({ dimensions: 4, indexes: {} });
      await store.upsert([point('a', '1'), point('b', '1')]);
      await store.ensure({ dimensions: 4, indexes: { ...INDEXES, made: 'datetime' } });
      expect(await under.indexes(collection)).toEqual({ ...INDEXES, made: 'datetime' });
      expect(await store.count('a')).toBe(1);
    });

    it('ensure refuses other dimensions, names both, and leaves what is there', async () => {
      await store.ensure(SPEC);
      await store.upsert([point('a', '1')]);
      const failure = await failureOf(store.ensure({ dimensions: 1536, indexes: {} }));
      expect(failure).toMatchObject({ code: 'model-mismatch', disposition: 'abort', details: { expected: 1536 } });
      expect(failure.message).toMatch(/\b4\b.*\b1536\b/);
      expect(await store.count('a')).toBe(1);
    });

    describe('a collection that is not there', () => {
      beforeEach(() => under.drop(collection));

      it('a missing collection reads as an empty one', async () => {
        const vector = Float32Array.from([1, 0, 0, 0]);
        expect(await store.inspect()).toBeUndefined();
        expect(await store.census()).toEqual({ corpora: [], unowned: 0 });
        expect(await store.count('a')).toBe(0);
        expect(await store.foreignModel('model-a')).toBeUndefined();
        expect(await scanned('a')).toEqual([]);
        expect(await store.points([pointIdOf('a', '1')])).toEqual([]);
        expect(await store.vectors([pointIdOf('a', '1')])).toEqual(new Map());
        expect(await store.vectorsOfKeys(['key-of-1'])).toEqual(new Map());
        expect(await store.search({ vector, limit: 3 })).toEqual([]);
        expect(await store.search({ vector, corpus: 'a', limit: 3 })).toEqual([]);
      });

      it('a missing collection refuses writes, and is not created by them or by reading', async () => {
        const refused = { code: 'request-refused', disposition: 'abort', details: { status: 404 } };
        await store.census();
        expect(await failureOf(store.upsert([point('a', '1')]))).toMatchObject(refused);
        expect(await failureOf(store.overwritePayloads([point('a', '1')]))).toMatchObject(refused);
        expect(await failureOf(store.delete([pointIdOf('a', '1')]))).toMatchObject(refused);
        expect(await store.inspect()).toBeUndefined();
      });
    });

    it('inspect gives dimensions, distance and datatype of the collection', async () => {
      expect(await store.inspect()).toEqual({ dimensions: 4, distance: 'Cosine', datatype: 'float32' });
    });

    describe('census', () => {
      /** A point that something else wrote, with any value, or none, where the corpus should be. */
      const foreign = (id: string, payload: JsonObject): Point => ({
        ...point('x', id),
        payload: payload as unknown as PointPayload,
      });

      it('census finds nothing in an empty collection', async () => {
        expect(await store.census()).toEqual({ corpora: [], unowned: 0 });
      });

      // Only the first index lets a real Qdrant count by corpus.
      it.each<[title: string, indexes: CollectionSpec['indexes']]>([
        ['with its index', INDEXES],
        ['without an index', {}],
        ['with an index of another type', { corpus: 'integer' }],
      ])(
        'census counts the points of each corpus, and those of none, %s, and writes nothing',
        async (_title, indexes) => {
          await under.drop(collection);
          await store.ensure({ dimensions: 4, indexes });
          const owned = AWKWARD_CORPORA.flatMap((corpus, at) =>
            Array.from({ length: (at % 3) + 1 }, (_, index) => point(corpus, `chunk-${index}`)),
          );
          const unowned = [{}, { corpus: null }, { corpus: 1 }, { corpus: true }, { corpus: {} }, { corpus: [] }].map(
            (payload, index) => foreign(`foreign-${index}`, payload),
          );
          await store.upsert([...owned, ...unowned]);
          const corpora = AWKWARD_CORPORA.map((corpus, at) => ({ corpus, count: (at % 3) + 1 }));
          expect(await store.census()).toEqual({ corpora, unowned: 6 });
          for (const { corpus, count } of corpora) expect(await store.count(corpus)).toBe(count);
          expect(await under.indexes(collection)).toEqual(indexes);

          // A point with a list of corpora, which only another program writes, counts in each of them.
          await store.upsert([foreign('list', { corpus: ['a', 'new', 'a', 7] })]);
          expect(await store.census()).toEqual({
            corpora: [...corpora, { corpus: 'new', count: 1 }]
              .map(({ corpus, count }) => ({ corpus, count: corpus === 'a' ? count + 1 : count }))
              .toSorted((a, b) => (a.corpus < b.corpus ? -1 : 1)),
            unowned: 6,
          });
          expect(await store.count('new')).toBe(1);
        },
      );

      it('census follows writes and deletions', async () => {
        await store.upsert([
          point('a', '1'),
          point('a', '2'),
          point('b', '1'),
          foreign('none', { embedding_key: 'key-of-2' }),
        ]);
        await store.delete([pointIdOf('a', '1'), pointIdOf('b', '1')]);
        await store.overwritePayloads([{ pointId: pointIdOf('x', 'none'), payload: point('c', '2').payload }]);
        await store.upsert([point('c', '1')]);
        expect(await store.census()).toEqual({
          corpora: [
            { corpus: 'a', count: 1 },
            { corpus: 'c', count: 2 },
          ],
          unowned: 0,
        });
      });

      // A real Qdrant gives at most as many corpora in one answer as it is asked for, and does not say that there are more.
      it.each([999, 1000, 1001])('census counts %i corpora of one point each', async (length) => {
        const names = Array.from({ length }, (_, index) => `corpus-${String(index).padStart(4, '0')}`);
        await store.upsert([...names.map((corpus) => point(corpus, '1')), foreign('none', {})]);
        const corpora = names.map((corpus) => ({ corpus, count: 1 }));
        expect(await store.census()).toEqual({ corpora, unowned: 1 });
      });
    });

    it('count gives the number of points of one corpus', async () => {
      await store.upsert([point('a', '1'), point('a', '2'), point('b', '1')]);
      expect([await store.count('a'), await store.count('b'), await store.count('c')]).toEqual([2, 1, 0]);
    });

    describe('scan', () => {
      it('scan gives nothing for a corpus without points', async () => {
        await store.upsert([point('b', '1')]);
        expect((await scanned('a')).flat()).toEqual([]);
      });

      // One page is 1,000 points: one less than a page, exactly one, one more, and several.
      it.each([999, 1000, 1001, 2500])('scan gives each of %i points once, in the order of ids', async (count) => {
        const points = Array.from({ length: count }, (_, index) => point('a', `chunk-${index}`));
        await store.upsert([...points, point('b', 'other')]);
        const pages = await scanned('a');
        expect(pages.flat().map(({ pointId }) => pointId)).toEqual(points.map(({ pointId }) => pointId).toSorted());
        expect(pages.length).toBeGreaterThanOrEqual(count > 1000 ? 2 : 1);
      });

      it('scan gives only points after the id that it is given, whether there is such a point or not', async () => {
        const ids = ['1', '2', '3'].map((id) => pointIdOf('a', id)).toSorted();
        await store.upsert([point('a', '1'), point('a', '2'), point('a', '3'), point('b', '1')]);
        const after = async (id: string) => (await collect(store.scan('a', { after: id }))).flat();
        expect((await after(ids[0] as string)).map(({ pointId }) => pointId)).toEqual(ids.slice(1));
        await store.delete([ids[0] as string]);
        expect((await after(ids[0] as string)).map(({ pointId }) => pointId)).toEqual(ids.slice(1));
        expect(await after(ids[2] as string)).toEqual([]);
      });

      it('scan gives payloads as they were written, but for the last places of decimals', async () => {
        const texts = Object.fromEntries(AWKWARD_TEXTS.map((text, index) => [`text_${index}`, text]));
        const written = point('a', 'it\'s "1"', [1, 0, 0, 0], { ...texts, metadata: AWKWARD_OBJECT });
        await store.upsert([written]);
        const [payload] = await payloads('a');
        expect(isKeptAs({ ...written.payload }, (payload ?? null) as JsonObject | null)).toBe(true);
      });
    });

    describe('writing', () => {
      it('upsert replaces payload and vector of a point, and may be repeated', async () => {
        await store.upsert([point('a', '1', [1, 0, 0, 0], { gone: true })]);
        const next = point('a', '1', [0, 1, 0, 0], { here: true });
        await store.upsert([next]);
        await store.upsert([next]);
        expect(await payloads('a')).toEqual([next.payload]);
        expect(await store.vectors([next.pointId])).toEqual(new Map([[next.pointId, next.vector]]));
      });

      it('overwritePayloads replaces the payloads of many points, and leaves their vectors alone', async () => {
        const points = ['1', '2', '3'].map((id, at) => point('a', id, [0, 0, 0, 0].with(at, 1), { gone: id }));
        await store.upsert(points);
        const next = points.slice(0, 2).map(({ pointId, payload: { gone, ...payload } }) => ({
          pointId,
          payload: { ...payload, content_hash: `new-${String(gone)}`, page: 7 } as PointPayload,
        }));
        await store.overwritePayloads(next);
        await store.overwritePayloads(next);
        const expected = new Map(points.map(({ pointId, payload }) => [pointId, payload]));
        for (const { pointId, payload } of next) expected.set(pointId, payload);
        const found = new Map((await scanned('a')).flat().map(({ pointId, payload }) => [pointId, payload]));
        expect(found).toEqual(expected);
        expect(await store.vectors(points.map(({ pointId }) => pointId))).toEqual(
          new Map(points.map(({ pointId, vector }) => [pointId, vector])),
        );
      });

      it('overwritePayloads leaves a point alone whose embedding key has changed, and replaces the other payloads', async () => {
        await store.upsert([point('a', '1', [0, 1, 0, 0], { embedding_key: 'newer' }), point('a', '2')]);
        await store.overwritePayloads(['1', '2'].map((id) => point('a', id, [1, 0, 0, 0], { content_hash: 'late' })));
        const found = new Map((await payloads('a')).map((payload) => [payload['chunk_id'], payload]));
        expect(found.get('1')).toEqual(point('a', '1', [], { embedding_key: 'newer' }).payload);
        expect(found.get('2')).toEqual(point('a', '2', [], { content_hash: 'late' }).payload);
      });

      it('delete removes points by id, ignores absent ones, and may be repeated', async () => {
        await store.upsert([point('a', '1'), point('a', '2'), point('b', '1')]);
        const ids = [pointIdOf('a', '1'), pointIdOf('a', 'never there')];
        await store.delete(ids);
        await store.delete(ids);
        expect([await store.count('a'), await store.count('b')]).toEqual([1, 1]);
      });

      it.each([Number.NaN, Number.POSITIVE_INFINITY])(
        'upsert refuses a vector with %d and writes none of its batch',
        async (bad) => {
          const failure = await failureOf(store.upsert([point('a', '1'), point('a', '2', [1, bad, 0, 0])]));
          expect(failure).toMatchObject({ code: 'invariant', disposition: 'abort' });
          expect(await store.count('a')).toBe(0);
        },
      );

      it('upsert refuses vectors of other dimensions', async () => {
        const failure = await failureOf(store.upsert([point('a', '1', [1, 0, 0])]));
        expect(failure).toMatchObject({ code: 'request-refused', disposition: 'abort', details: { status: 400 } });
        expect(failure.message).toMatch(/4.*3/);
        expect(await store.count('a')).toBe(0);
      });

      it('upsert stops at once when its signal is aborted, and writes nothing', async () => {
        const signal = AbortSignal.abort(new Error('stop here'));
        await expect(store.upsert([point('a', '1')], { signal })).rejects.toThrow('stop here');
        expect(await store.count('a')).toBe(0);
      });
    });

    it('points gives payloads by id, of any corpus, and leaves out absent ids', async () => {
      const [one, other] = [point('a', '1'), point('b', '1')];
      await store.upsert([one, other, point('a', '2')]);
      const found = await store.points([one.pointId, other.pointId, pointIdOf('a', 'never there')]);
      expect(new Map(found.map(({ pointId, payload }) => [pointId, payload]))).toEqual(
        new Map([one, other].map(({ pointId, payload }) => [pointId, payload])),
      );
      expect(await store.points([])).toEqual([]);
    });

    it('vectorsOfKeys gives vectors by the key of their text, of any corpus, and leaves out absent keys', async () => {
      await store.upsert([point('a', '1', [1, 0, 0, 0]), point('b', '2', [0, 1, 0, 0]), point('a', '3')]);
      const found = await store.vectorsOfKeys(['key-of-1', 'key-of-2', 'key-of-none']);
      expect(found).toEqual(
        new Map([
          ['key-of-1', Float32Array.from([1, 0, 0, 0])],
          ['key-of-2', Float32Array.from([0, 1, 0, 0])],
        ]),
      );
      expect(await store.vectorsOfKeys([])).toEqual(new Map());
    });

    it('vectors gives vectors of the right direction by id, and leaves out absent ids', async () => {
      const written = point('a', '1', [0.1, -0.2, 0.3, 0.4]);
      await store.upsert([written, point('a', '2')]);
      const found = await store.vectors([written.pointId, pointIdOf('a', 'never there')]);
      expect([...found.keys()]).toEqual([written.pointId]);
      const vector = found.get(written.pointId) ?? new Float32Array();
      expect(vector).toBeInstanceOf(Float32Array);
      const ratio = (vector[0] as number) / 0.1;
      for (const [at, value] of written.vector.entries()) expect(vector[at]).toBeCloseTo(value * ratio, 5);
    });

    describe('search', () => {
      beforeEach(() =>
        store.upsert([
          point('a', 'same', [2, 0, 0, 0]),
          point('a', 'near', [1, 1, 0, 0]),
          point('a', 'far', [-1, 0, 0, 0]),
          point('b', 'close', [9, 1, 0, 0]),
        ]),
      );
      const find = (query: { corpus?: string; filter?: PayloadFilter; limit: number }) =>
        store.search({ vector: Float32Array.from([1, 0, 0, 0]), ...query });

      it('search gives points of all corpora, nearest first, with their cosines and payloads', async () => {
        const hits = await find({ limit: 10 });
        expect(hits.map(({ payload }) => payload['chunk_id'])).toEqual(['same', 'close', 'near', 'far']);
        const cosines = [1, 9 / Math.sqrt(82), Math.SQRT1_2, -1];
        for (const [at, cosine] of cosines.entries()) expect(hits[at]?.score).toBeCloseTo(cosine, 5);
        expect(hits[0]).toMatchObject({ pointId: pointIdOf('a', 'same'), payload: point('a', 'same').payload });
      });

      it('search keeps to the limit, and to one corpus when it is given', async () => {
        const hits = await find({ corpus: 'a', limit: 2 });
        expect(hits.map(({ payload }) => payload['chunk_id'])).toEqual(['same', 'near']);
        expect(await find({ corpus: 'none', limit: 2 })).toEqual([]);
      });

      describe('with a filter', () => {
        beforeEach(() =>
          store.upsert([
            point('a', 'same', [2, 0, 0, 0], { genre: 'novel', year: 1851, loc: { lines: { from: 3 } } }),
            point('a', 'near', [1, 1, 0, 0], { genre: ['essay', 'letter'], year: 1840.5, draft: true }),
            point('a', 'far', [-1, 0, 0, 0], { genre: null, year: 1900, draft: false }),
          ]),
        );
        it.each<[title: string, filter: PayloadFilter, found: string[]]>([
          ['a text', { genre: 'novel' }, ['same']],
          ['a text in a list', { genre: 'letter' }, ['near']],
          ['one of several texts', { genre: ['novel', 'essay'] }, ['same', 'near']],
          ['one of none', { genre: [] }, []],
          ['a whole number', { year: 1851 }, ['same']],
          ['one of several whole numbers', { year: [1851, 1900] }, ['same', 'far']],
          ['a fraction', { year: 1840.5 }, ['near']],
          ['true or false', { draft: false }, ['far']],
          ['a range', { year: { gt: 1840, lt: 1900 } }, ['same', 'near']],
          ['a range with its ends', { year: { gte: 1851, lte: 1900 } }, ['same', 'far']],
          ['a dotted path', { 'loc.lines.from': 3 }, ['same']],
          ['several conditions', { year: { gte: 1851 }, draft: false }, ['far']],
          ['a field that no point has', { other: 'x' }, []],
        ])('search finds the points that meet it: %s', async (_, filter, found) => {
          const hits = await find({ corpus: 'a', filter, limit: 10 });
          expect(hits.map(({ payload }) => payload['chunk_id'])).toEqual(found);
        });
      });
    });

    it('foreignModel finds points of another model in any corpus, and no others', async () => {
      expect(await store.foreignModel('model-a')).toBeUndefined();
      await store.upsert([
        point('a', '1'),
        { ...point('a', '2'), payload: { from: 'elsewhere' } as unknown as PointPayload },
      ]);
      expect(await store.foreignModel('model-a')).toBeUndefined();
      await store.upsert([point('b', '1', [1, 0, 0, 0], { model: 'model-b' })]);
      expect(await store.foreignModel('model-a')).toBe('model-b');
      expect(await store.foreignModel('model-c')).toMatch(/^model-[ab]$/);
    });
  });
}
