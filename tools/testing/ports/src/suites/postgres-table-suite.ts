import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { IndexedChunk, RowStore } from '@lockstep/model';
import { collect } from '../collect.ts';
import { failureOf } from '../failure-of.ts';
import { rowOf } from './row-of.ts';
import type { RowStoresUnderTest } from './row-store-suite.ts';

/** A Postgres database for the suite. */
export interface PostgresTablesUnderTest extends Pick<RowStoresUnderTest, 'store' | 'close'> {
  /** Runs one statement in the database without using the port. */
  query(text: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

const TIMEOUT_MS = 60_000;

/**
 * What a `RowStore` in Postgres must do as well: how it creates its table, which columns that has, and what it does about a
 * table of another program. Registers vitest tests. Every test uses a table or a corpus of its own.
 *
 * @param start gives the database, once for the whole suite; its `close` is called at the end
 */
export function postgresTableSuite(name: string, start: () => Promise<PostgresTablesUnderTest>): void {
  describe(name, { timeout: TIMEOUT_MS }, () => {
    let under: PostgresTablesUnderTest;
    let corpus: string;
    const newTable = (): string => `rows_${randomUUID().replaceAll('-', '')}`;

    async function withTable(work: (store: RowStore, table: string) => Promise<void>): Promise<void> {
      const table = newTable();
      const store = under.store(table);
      await store.ensure();
      await store.raiseFence(corpus, 1);
      await work(store, table);
      await under.query(`drop table ${table}`);
    }

    beforeAll(async () => {
      under = await start();
    }, TIMEOUT_MS);
    beforeEach(() => {
      corpus = `corpus-${randomUUID()}`;
    });
    afterAll(() => under.close(), TIMEOUT_MS);

    it('reading a table of another program fails', async () => {
      const table = newTable();
      await under.query(`create table ${table} (mine text)`);
      expect(await failureOf(under.store(table).census())).toMatchObject({
        code: 'config-invalid',
        message: expect.stringContaining('Name another one'),
      });
      expect(await failureOf(under.store(table).count(corpus))).toMatchObject({
        code: 'config-invalid',
        message: expect.stringContaining('Name another one'),
      });
      await under.query(`drop table ${table}`);
    });

    it('a table is created once when several call ensure at the same time', async () => {
      const tables = [newTable(), newTable()];
      const stores = Array.from({ length: 6 }, (_, index) => under.store(tables[index % 2] as string));
      await Promise.all(stores.map((each) => each.ensure()));
      for (const table of tables) {
        expect(await under.store(table).count(corpus)).toBe(0);
        const seen = await under.query(`select version from lockstep_migration where component = 'rows:${table}'`);
        expect(seen).toHaveLength(1);
        await under.query(`drop table ${table}`);
      }
    });

    it('ensure refuses a table of another program by name, and leaves it alone', async () => {
      const table = newTable();
      await under.query(`create table ${table} (mine text)`);
      await under.query(`insert into ${table} values ('precious')`);
      for (const _ of [1, 2]) {
        const failure = await failureOf(under.store(table).ensure());
        expect(failure).toMatchObject({ code: 'config-invalid', disposition: 'abort', details: { table } });
        expect(failure.message).toContain(table);
      }
      expect(await under.query(`select * from ${table}`)).toEqual([{ mine: 'precious' }]);
      await under.query(`drop table ${table}`);
    });

    it('upsert replaces rows whose chunk ids were changed by hand', async () => {
      await withTable(async (store, table) => {
        const upsert = (items: readonly IndexedChunk[]) => store.upsert({ corpus, fence: 1, items });
        const chunkIds = async () => (await collect(store.scanRows(corpus))).flat().map(({ chunkId }) => chunkId);
        await upsert([rowOf(corpus, 'a'), rowOf(corpus, 'b')]);
        await under.query(`update ${table} set chunk_id = 'renamed' where corpus = '${corpus}' and chunk_id = 'a'`);
        await upsert([rowOf(corpus, 'a'), rowOf(corpus, 'c')]);
        expect((await chunkIds()).toSorted()).toEqual(['a', 'b', 'c']);
        await under.query(`update ${table} set chunk_id = 'd' where corpus = '${corpus}' and chunk_id = 'a'`);
        await upsert([rowOf(corpus, 'd'), rowOf(corpus, 'a')]);
        expect((await chunkIds()).toSorted()).toEqual(['a', 'b', 'c', 'd']);
      });
    });

    it('the table has the columns that queries of the replaced system read', async () => {
      await withTable(async (store, table) => {
        await store.upsert({ corpus, fence: 1, items: [rowOf(corpus, 'a', { pageNumber: 3, text: 'whole text' })] });
        const found = await under.query(
          `select chunk_id, document_id, chapter_title, page_number, text_snippet_preview, created_at
           from ${table} where chunk_id = any(array['a', 'b'])`,
        );
        expect(found).toEqual([
          {
            chunk_id: 'a',
            document_id: null,
            chapter_title: null,
            page_number: 3,
            text_snippet_preview: 'whole text',
            created_at: null,
          },
        ]);
      });
    });
  });
}
