import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAnswerTooLarge, sqlStateOf, type SqlClient, type SqlParameter } from '@lockstep/model';
import type { Guard } from '@lockstep/resilience';
import { failureOf } from '../failure-of.ts';
import { createInstantGuard } from '../instant-guard.ts';
import { allTextOf } from '../all-text-of.ts';

/** A Postgres for the suite, which creates a schema of its own in it and removes it. */
export interface SqlClientsUnderTest {
  client(guard: Guard): SqlClient;
  close(): Promise<void>;
}

const TIMEOUT_MS = 60_000;

/** What goes in by a parameter of a type, and what comes out. */
const VALUES: readonly [title: string, type: string, value: SqlParameter, read: unknown][] = [
  ['an int4', 'int4', -42, -42],
  ['an int8, which stays text', 'int8', '9007199254740993', '9007199254740993'],
  ['the largest safe number as an int8', 'int8', Number.MAX_SAFE_INTEGER, '9007199254740991'],
  ['a numeric, which stays text', 'numeric', '1.10', '1.10'],
  ['a float8', 'float8', 0.1, 0.1],
  ['the smallest float8', 'float8', 5e-324, 5e-324],
  ['the largest float8', 'float8', Number.MAX_VALUE, Number.MAX_VALUE],
  ['a float8 with all its digits', 'float8', 1.0000000000000002, 1.0000000000000002],
  ['a float8 that is no number', 'float8', Number.NaN, Number.NaN],
  ['an infinite float8', 'float8', -Infinity, -Infinity],
  ['a boolean', 'bool', true, true],
  ['a boolean that does not hold', 'bool', false, false],
  ['NULL', 'text', null, null],
  ['NULL of a type that is parsed', 'jsonb', null, null],
  ['an empty text', 'text', '', ''],
  ['a text with all that is awkward', 'text', `'"\\\n\t;--$1 {ä} 日本 😀`, `'"\\\n\t;--$1 {ä} 日本 😀`],
  ['a text that begins with a byte order mark', 'text', '\ufeffa', '\ufeffa'],
  ['a uuid', 'uuid', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  ['a jsonb object', 'jsonb', '{"b":[1,null,"x\\"\\\\"],"a":{"ü":""}}', { b: [1, null, 'x"\\'], a: { ü: '' } }],
  ['a jsonb array', 'jsonb', '[1, [2], "x"]', [1, [2], 'x']],
  ['a json number', 'json', '1e2', 100],
  ['bytes, which stay text', 'bytea', '\\x0001ff5c27', '\\x0001ff5c27'],
  ['a date, which stays text', 'date', '2024-02-29', '2024-02-29'],
  ['a time with microseconds', 'timestamp', '2024-02-29T23:59:59.123456', '2024-02-29 23:59:59.123456'],
];

/** Arrays go in as parameters, and come out as the JSON that the statement makes of them. */
const ARRAYS: readonly [title: string, type: string, value: readonly (string | number | null)[]][] = [
  ['texts', 'text[]', ['a', null, '', 'NULL', '"q"', '\\', '{,}', 'ä 日 😀', ' ']],
  ['nothing', 'text[]', []],
  ['whole numbers', 'int[]', [1, null, -3]],
  ['doubles', 'float8[]', [0.1, -1e300]],
  ['uuids', 'uuid[]', ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', null]],
];

/**
 * What every `SqlClient` must do: the same values, results, transactions and errors, whatever is between it and
 * Postgres. Registers vitest tests.
 *
 * @param start gives the Postgres, once for the whole suite; its `close` is called at the end
 */
export function sqlClientSuite(name: string, start: () => Promise<SqlClientsUnderTest>): void {
  describe(name, { timeout: TIMEOUT_MS }, () => {
    const schema = `sql_client_${randomUUID().replaceAll('-', '')}`;
    let under: SqlClientsUnderTest;
    let sql: SqlClient;
    let guard: Guard;
    const requests = (): number => guard.stats().requests;
    const countOf = async (id: number): Promise<unknown> =>
      (await sql.query([`select count(*)::int as count from ${schema}.items where id = $1`, [id]]))[0]?.['count'];
    const insert = (id: number) => [`insert into ${schema}.items values ($1, $2) returning id`, [id, 'x']] as const;

    beforeAll(async () => {
      under = await start();
      ({ guard } = createInstantGuard('neon'));
      sql = under.client(guard);
      await sql.query([`create schema ${schema}`]);
      await sql.query([`create table ${schema}.items (id int primary key, name text not null, check (id >= 0))`]);
    }, TIMEOUT_MS);

    afterAll(async () => {
      await sql.query([`drop schema ${schema} cascade`]);
      await under.close();
    }, TIMEOUT_MS);

    it.each(VALUES)('sends %s and reads it back', async (_title, type, value, read) => {
      expect(await sql.query([`select $1::${type} as value`, [value]])).toEqual([{ value: read }]);
    });

    it.each(ARRAYS)('sends an array of %s', async (_title, type, value) => {
      const [row] = await sql.query([`select to_json($1::${type}) as value`, [value]]);
      expect(row?.['value']).toEqual(value);
    });

    it('keeps a time to the microsecond', async () => {
      const text = `select to_char($1::timestamptz at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as text,
        $1::timestamptz as value`;
      const [row] = await sql.query([text, ['2024-02-29T23:59:59.123456Z']]);
      expect(row?.['text']).toBe('2024-02-29T23:59:59.123456Z');
      expect(row?.['value']).toMatch(/^2024-0\d-\d\d \d\d:\d\d:59\.123456\+/);
    });

    it('sends two megabytes of text and reads them back', async () => {
      const text = 'ä'.repeat(1_000_000);
      const [row] = await sql.query(['select $1::text as value, length($1) as length', [text]]);
      expect(row?.['length']).toBe(1_000_000);
      expect(row?.['value'] === text).toBe(true);
    });

    it('writes many rows from arrays and reads them back in order', async () => {
      const ids = Array.from({ length: 500 }, (_, index) => index);
      await sql.query([`create table ${schema}.many (id int, name text)`]);
      const names = ids.map((id) => (id % 7 === 0 ? null : `name {"${id}"}`));
      const text = `insert into ${schema}.many select u.id, u.name from unnest($1::int[], $2::text[]) u (id, name)`;
      expect(await sql.query([text, [ids, names]])).toEqual([]);
      const rows = await sql.query([`select * from ${schema}.many order by id`]);
      expect(rows).toEqual(ids.map((id) => ({ id, name: names[id] })));
    });

    it.each([
      ['that gives no rows', `select 1 as one where false`],
      ['that makes a table', `create table if not exists items_too (id int)`],
      ['that raises a notice', `do $$ begin raise notice 'lost'; end $$`],
      ['that changes nothing', `update items set name = name where false`],
      ['that is empty', `-- nothing`],
    ])('gives no rows for a statement %s', async (_title, text) => {
      expect(await sql.query([text.replace('items', `${schema}.items`)])).toEqual([]);
    });

    it('counts one request for a query, and one for a transaction', async () => {
      const before = requests();
      await sql.query(['select 1']);
      await sql.transaction([['select 1'], ['select 2']]);
      expect(requests() - before).toBe(2);
    });

    describe('transactions', () => {
      it('a transaction commits all its statements together, and gives the rows of each', async () => {
        const results = await sql.transaction([insert(10), insert(11), ['select 1 as one']]);
        expect(results).toEqual([[{ id: 10 }], [{ id: 11 }], [{ one: 1 }]]);
        expect(await countOf(11)).toBe(1);
      });

      it('a transaction is rolled back when one statement fails', async () => {
        expect(sqlStateOf(await failureOf(sql.transaction([insert(20), insert(20), insert(21)])))).toBe('23505');
        expect([await countOf(20), await countOf(21)]).toEqual([0, 0]);
      });

      it('a transaction is rolled back when a deferred constraint fails at the commit', async () => {
        await sql.query([
          `create table ${schema}.later (id int references ${schema}.items deferrable initially deferred)`,
        ]);
        const failure = failureOf(sql.transaction([insert(25), [`insert into ${schema}.later values (-5)`]]));
        expect(sqlStateOf(await failure)).toBe('23503');
        expect(await countOf(25)).toBe(0);
      });

      it('a transaction may be empty', async () => {
        expect(await sql.transaction([])).toEqual([]);
      });

      it('twenty transactions at once that read and then write do not interleave', async () => {
        await sql.query([`create table ${schema}.counter (n int)`]);
        await sql.query([`insert into ${schema}.counter values (0)`]);
        await sql.query([`create table ${schema}.seen (run int, step int, place int generated always as identity)`]);
        await Promise.all(
          Array.from({ length: 20 }, (_, run) =>
            sql.transaction([
              [`select n from ${schema}.counter for update`],
              [`insert into ${schema}.seen (run, step) values ($1, 1)`, [run]],
              [`update ${schema}.counter set n = n + 1`],
              [`insert into ${schema}.seen (run, step) values ($1, 2)`, [run]],
            ]),
          ),
        );
        expect(await sql.query([`select n from ${schema}.counter`])).toEqual([{ n: 20 }]);
        const seen = await sql.query([`select run, step from ${schema}.seen order by place`]);
        for (let at = 0; at < 40; at += 2) {
          expect(seen[at]?.['step']).toBe(1);
          expect(seen[at + 1]).toEqual({ run: seen[at]?.['run'], step: 2 });
        }
      });

      it('a setting that is local to a transaction ends with it', async () => {
        const setting = async () => await sql.query([`select current_setting('work_mem') as setting`]);
        const before = await setting();
        await sql.transaction([[`set local work_mem = '12345kB'`]]);
        for (let request = 0; request < 6; request += 1) expect(await setting()).toEqual(before);
      });
    });

    describe('errors', () => {
      it('an error names SQLSTATE, table and constraint, and quotes no value', async () => {
        const text = `insert into ${schema}.items values (50, 'private')`;
        await sql.query([text]);
        const error = await failureOf(sql.query([text]));
        expect(error).toMatchObject({
          code: 'request-refused',
          disposition: 'abort',
          details: { sqlState: '23505', table: 'items', constraint: 'items_pkey' },
        });
        expect(allTextOf(error)).not.toMatch(/private|\(50\)/);
      });

      it('an error that a function raises keeps its SQLSTATE and its message', async () => {
        const error = await failureOf(
          sql.query([`do $$ begin raise exception 'overtaken by run 7' using errcode = 'LS001'; end $$`]),
        );
        expect(error).toMatchObject({ code: 'overtaken', details: { sqlState: 'LS001' } });
        expect(error.message).toContain('overtaken by run 7');
      });

      it.each([
        ['two statements in one text', 'select 1; select 2', [], '42601'],
        ['NUL in a parameter', 'select $1::text', ['a\0b'], '22021'],
        ['a lone surrogate', 'select $1::text', ['\ud800'], '22021'],
        ['a lone surrogate in an array', 'select $1::text[]', [['a', '\udc00']], '22021'],
        ['a value of the wrong type', 'select $1::int', ['x'], '22P02'],
        ['a division by zero', 'select 1 / $1::int', [0], '22012'],
        ['a table that is not there', 'select * from not_there', [], '42P01'],
      ] as const)('refuses %s at the first try, and the next statement works', async (_title, text, values, code) => {
        const before = requests();
        const error = await failureOf(sql.query([text, values]));
        expect([sqlStateOf(error), error.code]).toEqual([code, 'request-refused']);
        expect(requests() - before).toBe(1);
        expect(await sql.query(['select 1 as one'])).toEqual([{ one: 1 }]);
      });

      it('a serialization failure is tried again', async () => {
        const before = requests();
        const text = `do $$ begin raise exception 'again' using errcode = '40001'; end $$`;
        expect(await failureOf(sql.query([text]))).toMatchObject({
          code: 'service-unavailable',
          details: { sqlState: '40001' },
        });
        expect(requests() - before).toBe(3);
      });

      it('an answer that is too large fails at the first try, and the error says so', async () => {
        const before = requests();
        const large = `select repeat('x', 1024 * 1024) as text from generate_series(1, 11)`;
        expect(isAnswerTooLarge(await failureOf(sql.query([large])))).toBe(true);
        expect(requests() - before).toBe(1);
        expect(await sql.query(['select 1 as one'])).toEqual([{ one: 1 }]);
      });
    });

    it('a statement that still waits for its turn fails at once when its signal is aborted', async () => {
      const stop = new AbortController();
      const reason = new Error('stopped by hand');
      const queue = Array.from({ length: 12 }, () => sql.query(['select pg_sleep(0.02)']));
      const waiting = sql.query(insert(70), { signal: stop.signal });
      stop.abort(reason);
      await expect(waiting).rejects.toBe(reason);
      await Promise.all(queue);
      expect(await countOf(70)).toBe(0);
    });
  });
}
