import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

import { neon, neonConfig, NeonDbError } from '@neondatabase/serverless';
import type { NeonQueryFunction } from '@neondatabase/serverless';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { copyOfOnceMade, createDatabase, type TestDatabase } from '@lockstep/testing-postgres';
import { createNeonHandler } from './neon-handler.ts';
import { openPglite } from './open-pglite.ts';
import { createPgBackend } from './pg-backend.ts';
import type { PostgresBackend } from './postgres-backend.ts';

/** The driver is told where to go by one setting for the whole process, so servers are told apart by host name. */
const handlers = new Map<string, (request: Request) => Promise<Response>>();
neonConfig.fetchEndpoint = (host) => `http://${host}/sql`;
neonConfig.fetchFunction = (url: string, init: RequestInit) => {
  const handler = handlers.get(new URL(url).hostname);
  if (handler === undefined) throw new Error(`a test wanted to go out to ${url}`);
  return handler(new Request(url, init));
};

interface Server {
  readonly name: string;
  readonly open: () => Promise<PostgresBackend>;
}

const folder = mkdtempSync(join(tmpdir(), 'neon-contract-'));
const servers: Server[] = [
  {
    name: 'PGlite',
    async open() {
      const directory = join(folder, 'pglite');
      const make = async (made: string) => (await openPglite({ directory: made, waitMs: 0 })).close();
      await copyOfOnceMade({ name: 'empty-pglite', into: directory, make });
      return openPglite({ directory, waitMs: 0 });
    },
  },
];
let database: TestDatabase | undefined;
servers.push({
  name: 'a Postgres server',
  async open() {
    database ??= await createDatabase();
    return createPgBackend({ connectionString: database.connectionString });
  },
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await database?.drop();
});

async function dbErrorOf(promise: Promise<unknown>): Promise<NeonDbError> {
  const outcome = await promise.then(
    () => 'no error',
    (error: unknown) => error,
  );
  if (!(outcome instanceof NeonDbError)) expect.fail(`expected a database error, not ${String(outcome)}`);
  return outcome;
}

describe.each(servers)("Neon's driver over $name", { timeout: 60_000 }, ({ name, open }) => {
  // Nobody but this file uses this schema; every statement names it, since a request has no session.
  const schema = `neon_contract_${process.pid}`;
  let backend: PostgresBackend;
  let sql: NeonQueryFunction<false, false>;
  let sqlFull: NeonQueryFunction<true, true>;

  beforeAll(async () => {
    backend = await open();
    const host = `${name.replaceAll(' ', '-').toLowerCase()}.invalid`;
    handlers.set(host, createNeonHandler(backend));
    sql = neon(`postgresql://user:secret@${host}/db`);
    sqlFull = neon(`postgresql://user:secret@${host}/db`, { arrayMode: true, fullResults: true });
    await sql.query(`CREATE SCHEMA ${schema}`);
    await sql.query(`CREATE TABLE ${schema}.items (id int PRIMARY KEY, name text NOT NULL, CHECK (id >= 0))`);
  }, 60_000);

  afterAll(async () => {
    await sql.query(`DROP SCHEMA ${schema} CASCADE`);
    await backend.close();
  });

  it('says what it is', async () => {
    expect(await backend.describe()).toMatch(/^PostgreSQL \d+/);
  });

  describe('values', () => {
    const values: [title: string, type: string, value: unknown][] = [
      ['an int4', 'int4', 42],
      ['an int8, which stays text', 'int8', '9007199254740993'],
      ['a numeric, which stays text', 'numeric', '1.10'],
      ['a float8', 'float8', 0.1],
      ['a boolean', 'bool', true],
      ['NULL', 'text', null],
      ['an empty text', 'text', ''],
      ['a text with all that is awkward', 'text', `'"\\\n\t;--$1 {ä} 日本 😀`],
      ['a uuid', 'uuid', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
      ['a jsonb object', 'jsonb', { b: [1, null, 'x"\\'], a: { ü: '' } }],
      ['bytes', 'bytea', Buffer.from([0, 1, 0xff, 0x5c, 0x27])],
      ['a text[]', 'text[]', ['a', null, '', 'NULL', '"q"', '\\', '{,}', 'ä 日 😀']],
      ['an empty text[]', 'text[]', []],
      [
        'an int[] in an int[]',
        'int[]',
        [
          [1, 2],
          [3, 4],
        ],
      ],
      ['a uuid[]', 'uuid[]', ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', null]],
      ['a float8[]', 'float8[]', [0.5, -1e300]],
    ];

    it.each(values)('brings %s there and back', async (_title, type, value) => {
      const [row] = await sql.query(`SELECT $1::${type} AS value`, [value]);
      expect(row).toEqual({ value });
    });

    it('takes a jsonb array as JSON text and gives it back parsed', async () => {
      expect(await sql`SELECT ${'[1, [2], "x"]'}::jsonb AS value`).toEqual([{ value: [1, [2], 'x'] }]);
    });

    it('brings a point in time there and back to the millisecond', async () => {
      const instant = new Date('2024-02-29T23:59:59.123Z');
      const [row] = await sql.query('SELECT $1::timestamptz AS value', [instant]);
      expect(row?.['value']).toEqual(instant);
    });

    it('keeps two megabytes of text', async () => {
      const text = 'ä'.repeat(1_000_000);
      const [row] = await sql.query('SELECT $1::text AS value, length($1) AS length', [text]);
      expect(row?.['length']).toBe(1_000_000);
      expect(row?.['value'] === text).toBe(true);
    });

    it('writes many rows from arrays and reads them back in order', async () => {
      const ids = Array.from({ length: 500 }, (_, index) => index);
      await sql.query(`CREATE TABLE ${schema}.many (id int, name text, tags text[])`);
      const inserted = await sqlFull.query(
        `INSERT INTO ${schema}.many SELECT u.id, u.name, ARRAY[u.name] FROM unnest($1::int[], $2::text[]) u(id, name)`,
        [ids, ids.map((id) => (id % 7 === 0 ? null : `name {"${id}"}`))],
      );
      expect(inserted).toMatchObject({ command: 'INSERT', rowCount: 500, rows: [] });
      const rows = await sql.query(`SELECT * FROM ${schema}.many ORDER BY id`);
      expect(rows).toHaveLength(500);
      expect(rows[8]).toEqual({ id: 8, name: 'name {"8"}', tags: ['name {"8"}'] });
      expect(rows[7]).toEqual({ id: 7, name: null, tags: [null] });
    });
  });

  describe('results', () => {
    it('describes columns by name and type, and keeps two of one name apart in array mode', async () => {
      const result = await sqlFull.query(`SELECT 1 AS x, 'a'::text AS x, id FROM ${schema}.items WHERE false`);
      expect(result).toMatchObject({
        command: 'SELECT',
        rowCount: 0,
        rows: [],
        fields: [
          { name: 'x', dataTypeID: 23, dataTypeSize: 4, tableID: 0, columnID: 0, format: 'text' },
          { name: 'x', dataTypeID: 25, dataTypeSize: -1, dataTypeModifier: -1 },
          { name: 'id', dataTypeID: 23, columnID: 1 },
        ],
      });
      expect(result.fields[2]?.tableID).toBeGreaterThan(0);
    });

    it.each([
      ['CREATE TABLE', `CREATE TABLE IF NOT EXISTS items_too (id int)`, 'CREATE', null],
      ['DO', `DO $$ BEGIN RAISE NOTICE 'lost'; END $$`, 'DO', null],
      ['UPDATE', `UPDATE items SET name = name WHERE false`, 'UPDATE', 0],
      ['nothing', `-- nothing`, '', null],
    ])('reports the command and row count of %s', async (_title, text, command, rowCount) => {
      const statement = text.replace('items', `${schema}.items`);
      expect(await sqlFull.query(statement)).toMatchObject({ command, rowCount, rows: [] });
    });
  });

  describe('transactions', () => {
    const countOf = async (id: number): Promise<unknown> =>
      (await sql.query(`SELECT count(*)::int AS count FROM ${schema}.items WHERE id = $1`, [id]))[0]?.['count'];
    const insert = (id: number) => sql.query(`INSERT INTO ${schema}.items VALUES ($1, $2) RETURNING id`, [id, 'x']);

    it('commits all statements together and gives each its result', async () => {
      const results = await sql.transaction([insert(10), insert(11), sql`SELECT 1 AS one`]);
      expect(results).toEqual([[{ id: 10 }], [{ id: 11 }], [{ one: 1 }]]);
      expect(await countOf(11)).toBe(1);
    });

    it('rolls everything back when one statement fails', async () => {
      const error = await dbErrorOf(sql.transaction([insert(20), insert(10), insert(21)]));
      expect(error.code).toBe('23505');
      expect([await countOf(20), await countOf(21)]).toEqual([0, 0]);
    });

    it('rolls back when a deferred constraint fails at the commit', async () => {
      await sql.query(`CREATE TABLE ${schema}.later (id int REFERENCES ${schema}.items DEFERRABLE INITIALLY DEFERRED)`);
      const error = await dbErrorOf(
        sql.transaction([insert(25), sql.query(`INSERT INTO ${schema}.later VALUES (-5)`)]),
      );
      expect(error.code).toBe('23503');
      expect(await countOf(25)).toBe(0);
    });

    it('refuses to write when it is read only', async () => {
      expect((await dbErrorOf(sql.transaction([insert(30)], { readOnly: true }))).code).toBe('25006');
      expect(await countOf(30)).toBe(0);
    });

    it.each(['ReadUncommitted', 'ReadCommitted', 'RepeatableRead', 'Serializable'] as const)(
      'runs at the isolation level %s',
      async (isolationLevel) => {
        const [rows] = await sql.transaction([sql`SHOW transaction_isolation`], { isolationLevel });
        const level = String(rows?.[0]?.['transaction_isolation']);
        expect(level.replaceAll(' ', '')).toBe(isolationLevel.toLowerCase());
      },
    );

    it('is deferrable when asked to be', async () => {
      const options = { isolationLevel: 'Serializable', readOnly: true, deferrable: true } as const;
      const [rows] = await sql.transaction([sql`SHOW transaction_deferrable`], options);
      expect(rows).toEqual([{ transaction_deferrable: 'on' }]);
    });

    it('answers an empty batch with no results', async () => {
      expect(await sql.transaction([])).toEqual([]);
    });

    it('keeps a request that opens a transaction by hand from touching the next', async () => {
      await sql`BEGIN`;
      await insert(40);
      expect(await countOf(40)).toBe(1);
      expect((await dbErrorOf(sql`SELECT 1/0`)).code).toBe('22012');
      expect(await sql`SELECT 1 AS one`).toEqual([{ one: 1 }]);
    });

    it('does not interleave twenty transactions that read, then write, at once', async () => {
      await sql.query(`CREATE TABLE ${schema}.counter (n int)`);
      await sql.query(`INSERT INTO ${schema}.counter VALUES (0)`);
      await sql.query(`CREATE TABLE ${schema}.seen (run int, step int, place int GENERATED ALWAYS AS IDENTITY)`);
      await Promise.all(
        Array.from({ length: 20 }, (_, run) =>
          sql.transaction([
            sql.query(`SELECT n FROM ${schema}.counter FOR UPDATE`),
            sql.query(`INSERT INTO ${schema}.seen (run, step) VALUES ($1, 1)`, [run]),
            sql.query(`UPDATE ${schema}.counter SET n = n + 1`),
            sql.query(`INSERT INTO ${schema}.seen (run, step) VALUES ($1, 2)`, [run]),
          ]),
        ),
      );
      expect(await sql.query(`SELECT n FROM ${schema}.counter`)).toEqual([{ n: 20 }]);
      const seen = await sql.query(`SELECT run, step FROM ${schema}.seen ORDER BY place`);
      const pairs = Array.from({ length: 20 }, (_, pair) => [seen[2 * pair], seen[2 * pair + 1]]);
      for (const [first, second] of pairs) {
        expect(second).toEqual({ run: first?.['run'], step: 2 });
        expect(first?.['step']).toBe(1);
      }
    });

    it('forgets settings, temporary tables and session locks of earlier requests', async () => {
      const [before] = await sql`SELECT current_setting('work_mem') AS setting`;
      await sql.transaction([
        sql`SET work_mem = '12345kB'`,
        sql`CREATE TEMP TABLE short_lived (id int)`,
        sql`SELECT pg_advisory_lock(4711)`,
      ]);
      for (let request = 0; request < 6; request++) {
        expect(await sql`SELECT current_setting('work_mem') AS setting`).toEqual([before]);
        expect((await dbErrorOf(sql`SELECT * FROM short_lived`)).code).toBe('42P01');
      }
      const locks = await sql`SELECT count(*)::int AS count FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711`;
      expect(locks).toEqual([{ count: 0 }]);
    });
  });

  describe('errors', () => {
    it('names code, detail, table and constraint of a duplicate key', async () => {
      await sql.query(`INSERT INTO ${schema}.items VALUES (50, 'x')`);
      expect(await dbErrorOf(sql.query(`INSERT INTO ${schema}.items VALUES (50, 'y')`))).toMatchObject({
        message: 'duplicate key value violates unique constraint "items_pkey"',
        code: '23505',
        detail: 'Key (id)=(50) already exists.',
        severity: 'ERROR',
        schema,
        table: 'items',
        constraint: 'items_pkey',
        routine: '_bt_check_unique',
      });
    });

    it('names the column that must not be null', async () => {
      const error = await dbErrorOf(sql.query(`INSERT INTO ${schema}.items VALUES (51, NULL)`));
      expect(error).toMatchObject({ code: '23502', column: 'name', table: 'items' });
    });

    it('brings every field that a function can set', async () => {
      const error = await dbErrorOf(
        sql.query(`DO $$ BEGIN RAISE EXCEPTION 'overtaken by run 7' USING ERRCODE = 'LS001', DETAIL = 'd', HINT = 'h',
          SCHEMA = 's', TABLE = 't', COLUMN = 'c', CONSTRAINT = 'k', DATATYPE = 'dt'; END $$`),
      );
      expect(error).toMatchObject({
        message: 'overtaken by run 7',
        ...{ code: 'LS001', detail: 'd', hint: 'h' },
        ...{ schema: 's', table: 't', column: 'c', constraint: 'k', dataType: 'dt' },
        where: expect.stringContaining('PL/pgSQL'),
        file: 'pl_exec.c',
        line: expect.stringMatching(/^\d+$/),
        routine: 'exec_stmt_raise',
      });
    });

    it('points at the place of a syntax error', async () => {
      expect(await dbErrorOf(sql`SELEC 1`)).toMatchObject({ code: '42601', position: '1' });
    });

    it('quotes the inner query when a function fails inside', async () => {
      const error = await dbErrorOf(sql`DO $$ BEGIN EXECUTE 'SELECT nope'; END $$`);
      expect(error).toMatchObject({ code: '42703', internalPosition: '8', internalQuery: 'SELECT nope' });
    });

    it.each([
      ['two statements in one text', 'SELECT 1; SELECT 2', [], '42601'],
      ['NUL in a parameter', 'SELECT $1::text', ['a\0b'], '22021'],
      ['NUL in the text', 'SELECT 1 -- \0', [], '22021'],
      ['a lone surrogate', 'SELECT $1::text', ['\ud800'], '22021'],
      ['too many parameters', 'SELECT 1', Array.from({ length: 65_536 }, () => 'x'), '08P01'],
      ['a parameter too few', 'SELECT $1::text', [], '08P01'],
      ['a value of the wrong type', 'SELECT $1::int', ['x'], '22P02'],
      ['a table that is not there', 'SELECT * FROM not_there', [], '42P01'],
      ['COPY, which would stream', '/* /* */ */ -- \n copy pg_class to stdout', [], '0A000'],
      ['COPY into the server', 'COPY pg_class FROM STDIN', [], '0A000'],
    ])('refuses %s, and works on', async (_title, text, values, code) => {
      expect((await dbErrorOf(sql.query(text, values))).code).toBe(code);
      expect(await sql`SELECT 1 AS one`).toEqual([{ one: 1 }]);
    });

    it('rolls a transaction back whose answer would be too large', async () => {
      const error = await dbErrorOf(
        sql.transaction([
          sql.query(`INSERT INTO ${schema}.items VALUES (60, 'x')`),
          sql`SELECT repeat('x', 11 * 1024 * 1024)`,
        ]),
      );
      expect(error.message).toContain('HTTP status 507');
      expect(await sql.query(`SELECT id FROM ${schema}.items WHERE id = 60`)).toEqual([]);
    });
  });

  it('gives up a request that still waits for its turn when it is aborted', async () => {
    const abort = new AbortController();
    const queue = Array.from({ length: 8 }, () => sql`SELECT pg_sleep(0.02)`.then(() => 'done'));
    const options = { fetchOptions: { signal: abort.signal } };
    const waiting = dbErrorOf(sql.query(`INSERT INTO ${schema}.items VALUES (70, 'x')`, [], options));
    abort.abort(new Error('enough'));
    const { message, sourceError } = await waiting;
    expect(message).toContain('enough');
    expect(sourceError?.message).toBe('enough');
    await Promise.all(queue);
    expect(await sql.query(`SELECT id FROM ${schema}.items WHERE id = 70`)).toEqual([]);
  });
});
