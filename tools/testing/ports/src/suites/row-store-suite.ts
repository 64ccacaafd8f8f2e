import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { canonicalJson, contentHashOf, pointIdOf, type IndexedChunk, type RowStore } from '@lockstep/model';
import { AWKWARD_CORPORA } from './awkward-corpora.ts';
import { AWKWARD_OBJECT, AWKWARD_TEXTS } from './awkward-json.ts';
import { collect } from '../collect.ts';
import { failureOf } from '../failure-of.ts';
import { rowOf } from './row-of.ts';

/** A database for the suite, which creates tables with names of its own in it. */
export interface RowStoresUnderTest {
  /** The name that the database gives for itself. */
  readonly serviceName: string;
  /** The row store over a table, which may not exist; each time independent of the others, as in another process. */
  store(table: string): RowStore;
  /** Whether there is such a table, without using the port. */
  hasTable(table: string): Promise<boolean>;
  /** Removes a table without using the port. */
  dropTable(table: string): Promise<void>;
  close(): Promise<void>;
}

const TIMEOUT_MS = 60_000;

/** Ends of the range of `createdAt`, times before 1970 and before standard time zones, and microseconds. */
const TIMES: readonly (string | null)[] = [
  '0001-01-01T00:00:00.000000Z',
  '0001-12-31T23:59:59.999999Z',
  '1582-10-10T12:00:00.000001Z',
  '1969-12-31T23:59:59.999999Z',
  '2025-12-05T10:00:00.123456Z',
  '2024-02-29T00:00:00.100000Z',
  '9999-12-31T23:59:59.999999Z',
  null,
];

const byPointId = (a: { pointId: string }, b: { pointId: string }): number => (a.pointId < b.pointId ? -1 : 1);

/**
 * What every `RowStore` must do.
 *
 * Registers vitest tests. Every test uses a corpus of its own; those that need an empty database object use a table of
 * their own, and remove it.
 *
 * @param start gives the database, once for the whole suite; its `close` is called at the end
 */
export function rowStoreSuite(name: string, start: () => Promise<RowStoresUnderTest>): void {
  describe(name, { timeout: TIMEOUT_MS }, () => {
    let under: RowStoresUnderTest;
    let store: RowStore;
    let corpus: string;
    let untouched: readonly PromiseSettledResult<unknown>[];
    const newTable = (): string => `rows_${randomUUID().replaceAll('-', '')}`;
    const upsert = (items: readonly IndexedChunk[], fence = 1) => store.upsert({ corpus, fence, items });
    const allRows = async (of = corpus): Promise<IndexedChunk[]> => (await collect(store.scanRows(of))).flat();

    beforeAll(async () => {
      under = await start();
      const table = newTable();
      store = under.store(table);
      untouched = await Promise.allSettled([store.census(), store.fence('books')]);
      // The first of all in a new database, and several at once.
      await Promise.all([store, under.store(table), under.store(table)].map((each) => each.ensure()));
    }, TIMEOUT_MS);

    afterAll(() => under.close(), TIMEOUT_MS);

    beforeEach(async () => {
      corpus = `corpus-${randomUUID()}`;
      await store.raiseFence(corpus, 1);
    }, TIMEOUT_MS);

    it('describe gives the name and the version of the service', async () => {
      expect(await store.describe()).toEqual({
        name: under.serviceName,
        version: expect.stringMatching(/^\d+\.\d+/),
      });
    });

    it('a database in which no table was created reads as an empty one', () => {
      const values = [{ corpora: [], unowned: 0 }, 0];
      expect(untouched).toEqual(values.map((value) => ({ status: 'fulfilled', value })));
    });

    describe('a table that is not there', () => {
      it('a missing table reads as an empty one', async () => {
        const own = under.store(newTable());
        expect(await own.census()).toEqual({ corpora: [], unowned: 0 });
        expect(await own.count(corpus)).toBe(0);
        expect(await collect(own.scan(corpus))).toEqual([]);
        expect(await collect(own.scanRows(corpus))).toEqual([]);
        expect(await own.rows([pointIdOf(corpus, 'a')])).toEqual([]);
        expect(await own.elsewhere(corpus, [rowOf(corpus, 'a')])).toEqual([]);
      });

      it('a missing table refuses writes, and is not created by them or by reading', async () => {
        const table = newTable();
        const own = under.store(table);
        const refused = { code: 'request-refused', disposition: 'abort' };
        await own.census();
        expect(await failureOf(own.upsert({ corpus, fence: 1, items: [rowOf(corpus, 'a')] }))).toMatchObject(refused);
        const items = [pointIdOf(corpus, 'a')];
        expect(await failureOf(own.delete({ corpus, fence: 1, items }))).toMatchObject(refused);
        expect(await under.hasTable(table)).toBe(false);
      });
    });

    it('elsewhere counts the chunks that other corpora hold with the same content, the corpus with the most first', async () => {
      const most = `${corpus}-most`;
      const few = `${corpus}-few`;
      for (const name_ of [most, few]) await store.raiseFence(name_, 1);
      const ids = ['a', 'b', '"c" {d}, \\', `${corpus}-of-no-other`];
      await upsert([rowOf(corpus, 'a')]);
      await store.upsert({ corpus: most, fence: 1, items: ids.slice(0, 3).map((id) => rowOf(most, id)) });
      await store.upsert({
        corpus: few,
        fence: 1,
        items: [rowOf(few, 'a'), rowOf(few, 'b', { text: 'another text' })],
      });
      const found = await store.elsewhere(
        corpus,
        ids.map((id) => rowOf(corpus, id)),
      );
      const ours = found.filter((each) => each.corpus.startsWith(corpus));
      expect(ours).toEqual([
        { corpus: most, count: 3 },
        { corpus: few, count: 1 },
      ]);
      expect(await store.elsewhere(corpus, [])).toEqual([]);
      expect(await store.elsewhere(corpus, [rowOf(corpus, `${corpus}-of-no-other`)])).toEqual([]);
    });

    it('census counts the rows of each corpus, whatever its name, and follows writes and deletions', async () => {
      const table = newTable();
      const own = under.store(table);
      await own.ensure();
      expect(await own.census()).toEqual({ corpora: [], unowned: 0 });
      for (const [at, name_] of AWKWARD_CORPORA.entries()) {
        await own.raiseFence(name_, 1);
        const items = Array.from({ length: (at % 3) + 1 }, (_, index) => rowOf(name_, `chunk-${index}`));
        await own.upsert({ corpus: name_, fence: 1, items });
      }
      const corpora = AWKWARD_CORPORA.map((each, at) => ({ corpus: each, count: (at % 3) + 1 }));
      expect(await own.census()).toEqual({ corpora, unowned: 0 });
      const [first, second, third] = AWKWARD_CORPORA as readonly [string, string, string];
      await own.delete({ corpus: first, fence: 1, items: [pointIdOf(first, 'chunk-0')] });
      await own.delete({ corpus: second, fence: 1, items: [pointIdOf(second, 'chunk-0')] });
      await own.upsert({ corpus: third, fence: 1, items: [rowOf(third, 'chunk-0'), rowOf(third, 'chunk-3')] });
      expect(await own.census()).toEqual({
        corpora: [{ corpus: second, count: 1 }, { corpus: third, count: 4 }, ...corpora.slice(3)],
        unowned: 0,
      });
      await under.dropTable(table);
    });

    describe('ensure', () => {
      it('ensure creates the table once, and leaves its rows when it is repeated', async () => {
        const table = newTable();
        const own = under.store(table);
        await own.ensure();
        expect(await own.count(corpus)).toBe(0);
        await own.upsert({ corpus, fence: 1, items: [rowOf(corpus, 'a')] });
        await own.ensure();
        await under.store(table).ensure();
        expect(await own.count(corpus)).toBe(1);
        await under.dropTable(table);
      });
    });

    describe('rows', () => {
      it.each(AWKWARD_TEXTS.map((text) => [JSON.stringify(text).slice(0, 40), text]))(
        'a row keeps %s in every text field',
        async (_title, text) => {
          const id = text.length > 1_000 || text === '' ? 'long or empty' : text;
          const written = rowOf(corpus, id, { documentId: text, chapterTitle: text, text, metadata: { text } });
          await upsert([written]);
          expect(await allRows()).toEqual([{ ...written, corpus }]);
          expect(await store.rows([written.pointId])).toEqual([{ ...written, corpus }]);
        },
      );

      it('a row keeps awkward metadata, with the same content hash', async () => {
        const written = rowOf(corpus, 'a', { metadata: AWKWARD_OBJECT });
        await upsert([written]);
        const [read] = await allRows();
        expect(canonicalJson(read?.metadata ?? null)).toBe(canonicalJson(AWKWARD_OBJECT));
        expect(contentHashOf(read as IndexedChunk)).toBe(written.contentHash);
      });

      it('rows keep times to the microsecond, from year 1 to year 9999', async () => {
        const written = TIMES.map((createdAt, index) => rowOf(corpus, `time-${index}`, { createdAt }));
        await upsert(written);
        expect((await allRows()).toSorted(byPointId)).toEqual(
          written.map((each) => ({ ...each, corpus })).toSorted(byPointId),
        );
      });

      it('rows keep page numbers of the whole range, and null', async () => {
        const pages = [0, -1, 2_147_483_647, -2_147_483_648, null];
        const written = pages.map((pageNumber, index) => rowOf(corpus, `page-${index}`, { pageNumber }));
        await upsert(written);
        const read = new Map((await allRows()).map((each) => [each.chunkId, each.pageNumber]));
        expect(written.map(({ chunkId }) => read.get(chunkId))).toEqual(pages);
      });

      it('null, the empty text and the text NULL are read back as different values', async () => {
        const written = [
          rowOf(corpus, 'null', { documentId: null, chapterTitle: null }),
          rowOf(corpus, 'empty', { documentId: '', chapterTitle: '' }),
          rowOf(corpus, 'word', { documentId: 'NULL', chapterTitle: 'null' }),
        ];
        await upsert(written);
        expect((await allRows()).toSorted(byPointId)).toEqual(
          written.map((each) => ({ ...each, corpus })).toSorted(byPointId),
        );
      });

      it('upsert replaces every field of a row with the same id, and may be repeated', async () => {
        await upsert([
          rowOf(corpus, 'a', { documentId: 'd', pageNumber: 1, chapterTitle: 't', metadata: { gone: 1 } }),
        ]);
        const next: IndexedChunk = {
          ...rowOf(corpus, 'a', { text: 'new', metadata: { here: 2 } }),
          embeddingKey: 'other',
        };
        await upsert([next]);
        await upsert([next]);
        expect(await allRows()).toEqual([{ ...next, corpus }]);
        expect(await store.count(corpus)).toBe(1);
      });

      it('corpora with the same chunk ids have separate rows', async () => {
        const other = `${corpus}-other`;
        await store.raiseFence(other, 1);
        await upsert([rowOf(corpus, 'a', { text: 'mine' }), rowOf(corpus, 'b')]);
        await store.upsert({ corpus: other, fence: 1, items: [rowOf(other, 'a', { text: 'theirs' })] });
        expect([await store.count(corpus), await store.count(other)]).toEqual([2, 1]);
        expect(await allRows(other)).toMatchObject([{ text: 'theirs' }]);
        const both = await store.rows([pointIdOf(corpus, 'a'), pointIdOf(other, 'a'), pointIdOf('no', 'such')]);
        expect(both.map((each) => [each.corpus, each.text]).toSorted()).toEqual([
          [corpus, 'mine'],
          [other, 'theirs'],
        ]);
        await store.delete({ corpus, fence: 1, items: [pointIdOf(corpus, 'a'), pointIdOf(other, 'a')] });
        expect([await store.count(corpus), await store.count(other)]).toEqual([1, 1]);
      });

      it('upsert writes all of its rows or none', async () => {
        await upsert([rowOf(corpus, 'before')]);
        const broken: IndexedChunk = { ...rowOf(corpus, 'broken'), pointId: 'not-a-uuid' };
        expect(await failureOf(upsert([rowOf(corpus, 'good'), broken]))).toMatchObject({
          code: 'request-refused',
          disposition: 'abort',
        });
        expect(await allRows()).toMatchObject([{ chunkId: 'before' }]);
      });

      it('rows gives nothing for no point ids', async () => {
        expect(await store.rows([])).toEqual([]);
      });

      it('delete removes rows by point id, ignores absent ids, and may be repeated', async () => {
        await upsert(['a', 'b', 'c'].map((id) => rowOf(corpus, id)));
        const items = [pointIdOf(corpus, 'a'), pointIdOf(corpus, 'c'), pointIdOf(corpus, 'never there')];
        await store.delete({ corpus, fence: 1, items });
        await store.delete({ corpus, fence: 1, items });
        expect(await allRows()).toMatchObject([{ chunkId: 'b' }]);
      });
    });

    describe('scan', () => {
      it('scan gives no page for a corpus without rows', async () => {
        expect(await collect(store.scan(corpus))).toEqual([]);
        expect(await collect(store.scanRows(corpus))).toEqual([]);
      });

      it('scan gives only ids and hashes', async () => {
        const { pointId, chunkId, documentId, contentHash, embeddingKey } = rowOf(corpus, 'a', { documentId: 'd' });
        await upsert([rowOf(corpus, 'a', { documentId: 'd' })]);
        expect(await collect(store.scan(corpus))).toEqual([
          [{ pointId, chunkId, documentId, contentHash, embeddingKey }],
        ]);
      });

      // One page of whole rows is 200, one of states 5,000: exactly one page, one more, and several.
      it.each([200, 201, 5_001])('scan gives each of %i rows once, in the order of point ids', async (count) => {
        const written = Array.from({ length: count }, (_, index) => rowOf(corpus, `chunk-${index}`));
        const other = `${corpus}-other`;
        await store.raiseFence(other, 1);
        await store.upsert({ corpus: other, fence: 1, items: [rowOf(other, 'chunk-0')] });
        await upsert(written);
        const ids = written.map(({ pointId }) => pointId).toSorted();
        const states = await collect(store.scan(corpus));
        expect(states.flat().map(({ pointId }) => pointId)).toEqual(ids);
        const rows = await collect(store.scanRows(corpus));
        expect(rows.flat().map(({ pointId }) => pointId)).toEqual(ids);
        expect([...states, ...rows].every(({ length }) => length > 0)).toBe(true);
        expect(rows.length).toBeGreaterThanOrEqual(count > 200 ? 2 : 1);
        expect(await store.count(corpus)).toBe(count);
      });

      it('scan of whole rows gives only those after the id that it is given', async () => {
        const written = ['a', 'b', 'c'].map((id) => rowOf(corpus, id));
        await upsert(written);
        const ids = written.map(({ pointId }) => pointId).toSorted();
        const after = async (id: string) => (await collect(store.scanRows(corpus, { after: id }))).flat();
        expect((await after(ids[0] as string)).map(({ pointId }) => pointId)).toEqual(ids.slice(1));
        expect(await after(ids[2] as string)).toEqual([]);
      });
    });

    describe('fences', () => {
      it('the fence is 0 before the first run, and is never lowered', async () => {
        const fresh = `${corpus}-fresh`;
        expect(await store.fence(fresh)).toBe(0);
        const seen = [];
        for (const fence of [5, 3, 5, 6]) {
          await store.raiseFence(fresh, fence);
          seen.push(await store.fence(fresh));
        }
        expect(seen).toEqual([5, 5, 5, 6]);
      });

      it('writes and deletions under an overtaken fence are refused, and no row changes', async () => {
        await upsert([rowOf(corpus, 'a', { text: 'old' })]);
        await store.raiseFence(corpus, 2);
        const overtaken = { code: 'overtaken', disposition: 'abort' };
        expect(await failureOf(upsert([rowOf(corpus, 'a', { text: 'late' }), rowOf(corpus, 'b')]))).toMatchObject(
          overtaken,
        );
        const items = [pointIdOf(corpus, 'a')];
        expect(await failureOf(store.delete({ corpus, fence: 1, items }))).toMatchObject(overtaken);
        expect(await allRows()).toMatchObject([{ chunkId: 'a', text: 'old' }]);
        await upsert([rowOf(corpus, 'a', { text: 'new' })], 2);
        expect(await allRows()).toMatchObject([{ chunkId: 'a', text: 'new' }]);
      });

      it('writes under a fence that no run took are refused', async () => {
        expect(await failureOf(upsert([rowOf(corpus, 'a')], 2))).toMatchObject({ code: 'overtaken' });
        const items = [rowOf(`${corpus}-fresh`, 'a')];
        expect(await failureOf(store.upsert({ corpus: `${corpus}-fresh`, fence: 0, items }))).toMatchObject({
          code: 'overtaken',
        });
        expect([await store.count(corpus), await store.count(`${corpus}-fresh`)]).toEqual([0, 0]);
      });

      it('the fence of one corpus does not affect another', async () => {
        await store.raiseFence(`${corpus}-other`, 9);
        await upsert([rowOf(corpus, 'a')]);
        expect(await store.count(corpus)).toBe(1);
      });
    });

    it('upsert stops at once when its signal is aborted, and writes nothing', async () => {
      const signal = AbortSignal.abort(new Error('stop here'));
      await expect(store.upsert({ corpus, fence: 1, items: [rowOf(corpus, 'a')] }, { signal })).rejects.toThrow(
        'stop here',
      );
      expect(await store.count(corpus)).toBe(0);
    });
  });
}
