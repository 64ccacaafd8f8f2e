import { delay, http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pointIdOf, ROW_BYTES_MAX, rowBytes, type IndexedChunk } from '@lockstep/model';
import { collect, createInstantGuard, failureOf, allTextOf } from '@lockstep/testing-ports';
import { createNeonLedger } from './neon-ledger.ts';
import { createNeonRowStore } from './neon-row-store.ts';
import { createNeonClient, type NeonClientOptions } from './neon-client.ts';

const PASSWORD = 'verysecretpassword';
const CONNECTION = `postgresql://owner:${PASSWORD}@ep-one.region.neon.test/db`;
const ENDPOINT = 'https://api.region.neon.test/sql';
const server = setupServer();

interface SentRequest {
  readonly url: string;
  readonly body: unknown;
  readonly headers: Headers;
}
let seen: SentRequest[];

beforeAll(() => server.listen({ onUnhandledFrame: 'error' }));
beforeEach(() => {
  seen = [];
});
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

type Answer = () => Response | Promise<Response>;

/** Answers each request with the next answer; the last answer is repeated. */
function answerWith(...answers: readonly Answer[]): void {
  server.use(
    http.post('*', async ({ request }) => {
      seen.push({ url: request.url, body: await request.json(), headers: request.headers });
      return (answers[Math.min(seen.length, answers.length) - 1] as Answer)();
    }),
  );
}

const TEXT_OID = 25;
const rowsOf = (value: string) => ({
  rowAsArray: true,
  fields: [{ name: 'value', dataTypeID: TEXT_OID, format: 'text' }],
  rows: [[value]],
  command: 'SELECT',
  rowCount: 1,
});
const good: Answer = () => HttpResponse.json(rowsOf('fine'));
const postgresError =
  (code: string | null, fields: Record<string, unknown> = {}) =>
  () =>
    HttpResponse.json(
      { message: 'says a private text', detail: 'Key (x)=(a private text)', severity: 'ERROR', code, ...fields },
      { status: 400 },
    );

function client(options: Partial<NeonClientOptions> = {}) {
  const { guard, waitsMs } = createInstantGuard('neon');
  return { ...createNeonClient({ connectionString: CONNECTION, guard, ...options }), waitsMs };
}

/** Runs a statement that fails, and checks that its error holds no password and no parameter. */
async function fail(options: Partial<NeonClientOptions> = {}) {
  const { query, waitsMs } = client(options);
  const error = await failureOf(query(['select $1', ['a private text']], {}));
  for (const secret of [PASSWORD, 'postgresql://', 'private']) expect(allTextOf(error)).not.toContain(secret);
  return { error, waitsMs };
}

describe('requests', () => {
  it('a query goes to the endpoint of its Neon host, with the connection string in a header', async () => {
    answerWith(good);
    expect(await client().query(['select $1 as value', ['fine']])).toEqual([{ value: 'fine' }]);
    expect(seen).toMatchObject([{ url: ENDPOINT, body: { query: 'select $1 as value', params: ['fine'] } }]);
    expect(seen[0]?.headers.get('neon-connection-string')).toContain(PASSWORD);
  });

  it('clients of several databases in one process use the endpoint of each', async () => {
    answerWith(good);
    const at = (host: string, fetchEndpoint: string) =>
      client({ connectionString: `postgresql://u:p@${host}/db`, fetchEndpoint });
    const one = at('one.test', 'http://proxy-one.test:4444/sql');
    const two = at('two.test', 'http://proxy-two.test/sql');
    await one.query(['select 1']);
    await two.query(['select 1']);
    await one.query(['select 1']);
    await client().query(['select 1']);
    expect(seen.map(({ url }) => url)).toEqual([
      'http://proxy-one.test:4444/sql',
      'http://proxy-two.test/sql',
      'http://proxy-one.test:4444/sql',
      ENDPOINT,
    ]);
  });

  it('a transaction sends all its statements in one request, and returns the rows of each', async () => {
    answerWith(() => HttpResponse.json({ results: [rowsOf('one'), rowsOf('two')] }));
    expect(await client().transaction([['select 1'], ['select $1', [2]]])).toEqual([
      [{ value: 'one' }],
      [{ value: 'two' }],
    ]);
    expect(seen).toMatchObject([{ body: { queries: [{ query: 'select 1' }, { query: 'select $1', params: ['2'] }] } }]);
  });

  it('every write of rows asserts the fence first, in the same transaction', async () => {
    answerWith(() => HttpResponse.json({ results: [rowsOf(''), rowsOf('')] }));
    const store = createNeonRowStore({ sql: client(), table: 'rag_metadata', shownDatabase: 'shown/db' });
    const items: IndexedChunk[] = [
      {
        chunkId: 'a',
        documentId: null,
        chapterTitle: null,
        pageNumber: 1,
        text: 't',
        createdAt: null,
        metadata: {},
        pointId: pointIdOf('books', 'a'),
        contentHash: 'h',
        embeddingKey: 'k',
      },
    ];
    await store.upsert({ corpus: 'books', fence: 7, items });
    await store.delete({ corpus: 'books', fence: 7, items: [pointIdOf('books', 'a')] });
    expect(store.target).toBe('shown/db/rag_metadata');
    for (const { body } of seen) {
      const { queries } = body as { queries: { query: string; params: unknown[] }[] };
      expect(queries[0]).toMatchObject({
        query: expect.stringContaining('lockstep_assert_fence'),
        params: ['books', '7'],
      });
    }
  });
});

describe('scans', () => {
  it('a scan fails when its table is dropped between two pages', async () => {
    const page = { ...rowsOf(''), rows: Array.from({ length: 200 }, () => [pointIdOf('books', 'a')]) };
    const fields = [{ name: 'point_id', dataTypeID: TEXT_OID, format: 'text' }];
    answerWith(() => HttpResponse.json({ ...page, fields }), postgresError('42P01', { message: 'no such relation' }));
    const { scanRows } = createNeonRowStore({ sql: client(), table: 'rag_metadata', shownDatabase: 'shown/db' });
    const error = await failureOf(collect(scanRows('books')));
    expect(error).toMatchObject({ code: 'request-refused', details: { sqlState: '42P01' } });
    expect(seen).toHaveLength(2);
  });
});

describe('answers that are too large', () => {
  const ids = Array.from({ length: 60 }, (_, at) => pointIdOf('books', String(at))).toSorted();
  const fields = [{ name: 'point_id', dataTypeID: TEXT_OID, format: 'text' }];
  const answer = (wanted: readonly string[], itemsMax: number) =>
    wanted.length > itemsMax
      ? new HttpResponse('response is too large', { status: 507 })
      : HttpResponse.json({ ...rowsOf(''), fields, rows: wanted.map((id) => [id]) });
  const store = () => createNeonRowStore({ sql: client(), table: 't', shownDatabase: 'db' });

  it('a scan asks for smaller pages after an answer that is too large, and fails when one row is too large', async () => {
    const limits: number[] = [];
    const serve = (itemsMax: number) =>
      server.use(
        http.post('*', async ({ request }) => {
          const { query, params } = (await request.json()) as { query: string; params: string[] };
          const limit = Number(/limit (\d+)/.exec(query)?.[1]);
          limits.push(limit);
          return answer(ids.filter((id) => id > String(params[1])).slice(0, limit), itemsMax);
        }),
      );
    serve(50);
    expect((await collect(store().scanRows('books'))).flat().map(({ pointId }) => pointId)).toEqual(ids);
    expect(limits).toEqual([200, 50, 50]);
    serve(0);
    expect(await failureOf(collect(store().scanRows('books')))).toMatchObject({ details: { status: 507 } });
    expect(limits.slice(3)).toEqual([200, 50, 13, 4, 1]);
  });

  it('a read of rows asks for fewer ids at a time after an answer that is too large', async () => {
    server.use(
      http.post('*', async ({ request }) => {
        const { params } = (await request.json()) as { params: [string] };
        return answer(params[0].replace(/[{}"]/g, '').split(','), 20);
      }),
    );
    expect((await store().rows(ids)).map(({ pointId }) => pointId)).toEqual(ids);
  });
});

describe('the ledger', () => {
  it('takeFence takes a fence and enters its run in one request', async () => {
    answerWith(() =>
      HttpResponse.json({ ...rowsOf('7'), fields: [{ name: 'fence', dataTypeID: 20, format: 'text' }] }),
    );
    const run = { runId: 'r', kind: 'load', digest: 'd', model: null, qdrantTarget: null, neonTarget: null } as const;
    const startedAt = '2026-01-02T03:04:05.006Z';
    expect(await createNeonLedger(client()).takeFence('books', { ...run, startedAt, atLeast: 1 })).toBe(7);
    expect(seen).toHaveLength(1);
  });

  it('reads of the ledger find nothing when a table is missing, and fail on any other error', async () => {
    const ledger = createNeonLedger(client());
    const reads = () => [
      ledger.stamp('books', 'neon'),
      ledger.fenceHolder('books'),
      ledger.runs({ corpus: 'books', limit: 9 }),
    ];
    answerWith(postgresError('42P01'));
    expect(await Promise.all(reads())).toEqual([undefined, undefined, []]);
    answerWith(postgresError('42501'));
    for (const read of reads()) expect(await failureOf(read)).toMatchObject({ code: 'unauthorized' });
  });
});

describe('HTTP statuses', () => {
  it.each([408, 409, 500, 502, 503, 504])(
    'a request answered with status %i is tried three times, and then fails as unavailable',
    async (status) => {
      const refusal = () => new HttpResponse(`a private page with ${PASSWORD}`, { status });
      answerWith(refusal, refusal, good);
      expect(await client().query(['select 1'])).toEqual([{ value: 'fine' }]);
      expect(seen).toHaveLength(3);
      seen = [];
      answerWith(refusal);
      const { error, waitsMs } = await fail();
      expect(error).toMatchObject({ code: 'service-unavailable', details: { status } });
      expect(waitsMs).toEqual([0.5, 1]);
      expect(seen).toHaveLength(3);
    },
  );

  it.each([
    [401, 'unauthorized'],
    [402, 'quota-exhausted'],
    [403, 'unauthorized'],
    [404, 'request-refused'],
    [413, 'request-refused'],
  ])('a request answered with status %i fails at once as %s', async (status, code) => {
    answerWith(() => new HttpResponse('a private page', { status }));
    expect((await fail()).error).toMatchObject({ code, disposition: 'abort', details: { status } });
    expect(seen).toHaveLength(1);
  });

  it.each<[title: string, headers: Record<string, string>, least: number, most: number]>([
    ['seconds', { 'retry-after': '30' }, 30_000, 30_000],
    ['milliseconds', { 'retry-after-ms': '700' }, 700, 700],
    ['a date', { 'retry-after': new Date(Date.now() + 60_000).toUTCString() }, 40_000, 60_000],
    ['no header, and so our own backoff', {}, 0.5, 0.5],
  ])('the wait after status 429 is as long as its headers say: %s', async (_title, headers, least, most) => {
    answerWith(() => new HttpResponse('slow down', { status: 429, headers }), good);
    const { query, waitsMs } = client();
    await query(['select 1']);
    expect(waitsMs).toHaveLength(1);
    expect(waitsMs[0]).toBeGreaterThanOrEqual(least);
    expect(waitsMs[0]).toBeLessThanOrEqual(most);
    answerWith(() => new HttpResponse('slow down', { status: 429, headers }));
    expect((await fail()).error.code).toBe('rate-limited');
  });
});

describe('answers that cannot be read', () => {
  it.each<[title: string, answer: Answer]>([
    ['JSON that is cut', () => new HttpResponse('{"rows":[["a pri')],
    ['a refusal that is not JSON', () => new HttpResponse('a private page', { status: 400 })],
    ['a connection that fails', () => HttpResponse.error()],
  ])('a request is tried three times when it meets %s, and then fails as unavailable', async (_title, answer) => {
    answerWith(answer, good);
    await client().query(['select 1']);
    seen = [];
    answerWith(answer);
    expect((await fail()).error).toMatchObject({ code: 'service-unavailable' });
    expect(seen).toHaveLength(3);
  });
});

it('a page of a proxy is told as one, after a few tries', async () => {
  const page: Answer = () => HttpResponse.html('<h1>a private page</h1>');
  answerWith(page, good);
  await client().query(['select 1']);
  seen = [];
  answerWith(page);
  const { error } = await fail();
  expect(error.code).toBe('response-invalid');
  expect(error.message).toMatch(/Postgres at \S+:443 answered with a web page instead of JSON/);
  expect(error.message).not.toContain('private');
});

describe('SQLSTATEs', () => {
  it.each([
    ['08006', 'service-unavailable'],
    ['40001', 'service-unavailable'],
    ['40P01', 'service-unavailable'],
    ['53300', 'service-unavailable'],
    ['57P01', 'service-unavailable'],
    ['57P02', 'service-unavailable'],
    ['57P03', 'service-unavailable'],
    ['57014', 'service-unavailable'],
    ['28P01', 'unauthorized'],
    ['28000', 'unauthorized'],
    ['42501', 'unauthorized'],
    ['LS001', 'overtaken'],
    ['42601', 'request-refused'],
    ['42P01', 'request-refused'],
    ['40002', 'request-refused'],
    ['57P04', 'request-refused'],
    ['22P02', 'request-refused'],
    ['22021', 'request-refused'],
    ['23505', 'request-refused'],
    ['21000', 'request-refused'],
    ['XX000', 'request-refused'],
  ])('an error with SQLSTATE %s becomes %s', async (sqlState, code) => {
    const retried = code === 'service-unavailable';
    answerWith(postgresError(sqlState, { message: 'a message', table: 'rag_metadata', constraint: 'c' }));
    const { error } = await fail();
    expect(error).toMatchObject({ code, details: { sqlState, table: 'rag_metadata', constraint: 'c' } });
    expect(error.message).toContain(sqlState);
    expect(seen).toHaveLength(retried ? 3 : 1);
  });

  it.each(['22P02', '23505', 'XX000', 'P0001', '21000'])(
    'the message of SQLSTATE %s, which may quote values, is not part of the error',
    async (sqlState) => {
      answerWith(postgresError(sqlState));
      await fail();
    },
  );

  it('the message of SQLSTATE 42P01, which names only identifiers, is part of the error', async () => {
    answerWith(postgresError('42P01', { message: 'relation "rag_metadata" does not exist', detail: null }));
    expect((await fail()).error.message).toContain('relation "rag_metadata" does not exist');
  });

  it.each<[title: string, fields: Record<string, unknown>, code: string]>([
    ['a wrong password', { message: `password authentication failed for user 'owner'` }, 'unauthorized'],
    ['a request that is too long', { message: 'request is too long: a private text' }, 'request-refused'],
  ])('a call fails at once when the proxy, which sends no SQLSTATE, refuses %s', async (_title, fields, code) => {
    answerWith(postgresError(null, fields));
    expect((await fail()).error).toMatchObject({ code, disposition: 'abort' });
    expect(seen).toHaveLength(1);
    answerWith(() => HttpResponse.json({ message: fields['message'] }, { status: 400 }));
    expect((await fail()).error).toMatchObject({ code, disposition: 'abort' });
  });
});

describe('calls', () => {
  const hang: Answer = async () => {
    await delay('infinite');
    return good();
  };

  it('a call that gets no answer in time is tried three times, and then fails as unavailable', async () => {
    answerWith(hang, hang, hang, good);
    const { guard } = createInstantGuard('neon', { timeoutMs: 20 });
    expect((await fail({ guard })).error).toMatchObject({ code: 'service-unavailable' });
    expect(seen).toHaveLength(3);
  });

  it('a call ends at once with the reason of its abort signal, and is not tried again', async () => {
    const stop = new AbortController();
    answerWith(() => {
      stop.abort(new Error('stopped by hand'));
      return hang();
    });
    await expect(client().query(['select 1'], { signal: stop.signal })).rejects.toThrow('stopped by hand');
    expect(seen).toHaveLength(1);
  });
});

describe('packed rows', () => {
  const row = (at: number, text: string): IndexedChunk => ({
    chunkId: `"${at}"`,
    documentId: 'd\\"'.repeat(at % 9),
    chapterTitle: null,
    pageNumber: at,
    text,
    createdAt: null,
    metadata: { quoted: text.slice(0, 400), list: [at, '\n\t"'] },
    pointId: pointIdOf('c', String(at)),
    contentHash: 'a'.repeat(64),
    embeddingKey: 'b'.repeat(64),
  });

  /** Packs and sends rows, and returns the bytes of each request. */
  async function sizesOf(rows: readonly IndexedChunk[]): Promise<number[]> {
    server.use(
      http.post('*', async ({ request }) => {
        const bytes = (await request.arrayBuffer()).byteLength;
        seen.push({ url: request.url, body: bytes, headers: request.headers });
        return HttpResponse.json({ results: [rowsOf('1'), rowsOf('1'), rowsOf('1')] });
      }),
    );
    const store = createNeonRowStore({ sql: client(), table: 't', shownDatabase: 'db' });
    const packed = store.pack(rows);
    expect(packed.flat()).toEqual(rows);
    for (const items of packed) await store.upsert({ corpus: 'c', fence: 1, items });
    return seen.map(({ body }) => Number(body));
  }

  it('requests of packed rows stay under 4 MiB, whatever has to be escaped in them', async () => {
    const awkward = ['"', '\\', '\n', 'é', '鯨', '🐋', '\u0001', 'plain text '];
    const rows = Array.from({ length: 900 }, (_, at) =>
      row(at, (awkward[at % 8] as string).repeat(700 * ((at % 7) + 1))),
    );
    const sizes = await sizesOf(rows);
    expect(sizes.length).toBeGreaterThan(2);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4 * 1024 * 1024);
    // The estimate is an upper bound, but close enough that requests are not small.
    expect(sizes.slice(0, -1).reduce((sum, size) => sum + size, 0) / (sizes.length - 1)).toBeGreaterThan(1024 * 1024);
  });

  it('a row above the limit is sent alone, and the largest row that is accepted makes less than 10 MiB', async () => {
    const id = '\u0001'.repeat(1024);
    const smallest = { ...row(1, 't'), chunkId: id, metadata: { m: '' } };
    const largest = { ...smallest, metadata: { m: 'x'.repeat(ROW_BYTES_MAX - rowBytes(smallest)) } };
    expect(rowBytes(largest)).toBe(ROW_BYTES_MAX);
    const sizes = await sizesOf([row(0, 't'), largest, row(2, 't')]);
    expect(sizes).toHaveLength(3);
    expect(sizes[1]).toBeLessThanOrEqual(10 * 1024 * 1024);
    expect(sizes[1]).toBeGreaterThan(9.9 * 1024 * 1024);
  });
});
