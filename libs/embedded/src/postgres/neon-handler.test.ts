import { describe, expect, it } from 'vitest';

import { createNeonHandler } from './neon-handler.ts';
import type { NeonHandlerOptions } from './neon-handler.ts';
import type { PgQuery, PgResult, PgRunOptions, PostgresBackend } from './postgres-backend.ts';
import { PostgresError, PostgresUnavailableError } from './postgres-error.ts';

const RESULT: PgResult = {
  fields: [
    { name: 'a', tableID: 0, columnID: 0, dataTypeID: 23, dataTypeSize: 4, dataTypeModifier: -1 },
    { name: 'b', tableID: 0, columnID: 0, dataTypeID: 25, dataTypeSize: -1, dataTypeModifier: -1 },
  ],
  rows: [['1', null]],
  command: 'SELECT',
  rowCount: 1,
};

/** A backend that notes what it is asked and answers every query with `RESULT`, or fails. */
function createFakeBackend(failure?: Error) {
  const asked: { queries: readonly PgQuery[]; options: PgRunOptions }[] = [];
  const backend: PostgresBackend = {
    async run(queries, options = {}) {
      asked.push({ queries, options });
      if (failure !== undefined) throw failure;
      return queries.map(() => {
        options.onResult?.(RESULT);
        return RESULT;
      });
    },
    describe: async () => 'fake',
    close: async () => undefined,
  };
  return { asked, backend };
}

interface Ask extends NeonHandlerOptions {
  readonly failure?: Error;
  readonly headers?: Record<string, string>;
  readonly method?: string;
  readonly path?: string;
  readonly signal?: AbortSignal | undefined;
}

async function ask(
  body: unknown,
  { failure, headers = {}, method = 'POST', path = '/sql', signal, ...options }: Ask = {},
) {
  const { asked, backend } = createFakeBackend(failure);
  const init: RequestInit = { method, headers: { 'Neon-Raw-Text-Output': 'true', ...headers } };
  if (method === 'POST') {
    init.body = typeof body === 'string' || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body);
  }
  if (signal !== undefined) init.signal = signal;
  const response = await createNeonHandler(backend, options)(new Request(`http://db.invalid${path}`, init));
  return { asked, status: response.status, answer: (await response.json()) as Record<string, unknown> };
}

describe('createNeonHandler', () => {
  it('writes rows as arrays or as objects, as the header or the query says', async () => {
    expect((await ask({ query: 'q' })).answer).toMatchObject({ rowAsArray: false, rows: [{ a: '1', b: null }] });
    const headers = { 'Neon-Array-Mode': 'true' };
    expect((await ask({ query: 'q' }, { headers })).answer).toMatchObject({ rowAsArray: true, rows: [['1', null]] });
    const batch = { queries: [{ query: 'q' }, { query: 'q', arrayMode: false }] };
    expect((await ask(batch, { headers })).answer).toMatchObject({
      results: [{ rows: [['1', null]] }, { rows: [{ a: '1', b: null }] }],
    });
  });

  it('turns JSON numbers, booleans, arrays and objects into Postgres text', async () => {
    const params = [1, 1.5, true, null, 'x', [1, null, 'a"\\b', [true], { k: 1 }], { k: [1] }];
    const { asked } = await ask({ query: 'q', params });
    expect(asked[0]?.queries[0]?.values).toEqual([
      ...['1', '1.5', 'true', null, 'x'],
      '{1,NULL,"a\\"\\\\b",{true},"{\\"k\\":1}"}',
      '{"k":[1]}',
    ]);
  });

  it('runs a batch in a transaction of the asked kind, and a single query in none', async () => {
    const headers = { 'Neon-Batch-Isolation-Level': 'Serializable', 'Neon-Batch-Read-Only': 'true' };
    const batch = await ask({ queries: [{ query: 'q' }] }, { headers });
    expect(batch.asked[0]?.options.transaction).toEqual({
      isolation: 'Serializable',
      readOnly: true,
      deferrable: false,
    });
    const single = await ask({ query: 'q' }, { headers });
    expect(single.asked[0]?.options.transaction).toBeUndefined();
  });

  it('writes all error fields, null where Postgres sent none', async () => {
    const failure = new PostgresError('no', { code: '23505', detail: 'd', password: 'secret', length: 7 });
    const { status, answer } = await ask({ query: 'q' }, { failure });
    expect(status).toBe(400);
    expect(answer).toEqual({
      ...{ message: 'no', code: '23505', detail: 'd', hint: null, position: null, internalPosition: null },
      ...{ internalQuery: null, severity: null, where: null, table: null, column: null, schema: null },
      ...{ dataType: null, constraint: null, file: null, line: null, routine: null },
    });
  });

  it.each<[title: string, status: number, body: unknown, Ask]>([
    ['another path', 404, { query: 'q' }, { path: '/other' }],
    ['another method', 405, undefined, { method: 'GET' }],
    ['a request for parsed values', 400, { query: 'q' }, { headers: { 'Neon-Raw-Text-Output': 'false' } }],
    ['an unknown isolation level', 400, { queries: [] }, { headers: { 'Neon-Batch-Isolation-Level': 'Chaos' } }],
    ['a body that is not JSON', 400, '{"query":', {}],
    ['a body that is not UTF-8', 400, new Uint8Array([0x22, 0xff, 0x22]), {}],
    ['a body of another shape', 400, [{ query: 'q' }], {}],
    ['parameters that are no array', 400, { query: 'q', params: 'x' }, {}],
    ['a batch with something else in it', 400, { queries: ['q'] }, {}],
    ['a body above the limit, counted in bytes', 413, { query: 'ä'.repeat(50) }, { requestBytesMax: 100 }],
  ])('refuses %s with %d and asks the database nothing', async (_title, status, body, options) => {
    const { asked, ...refusal } = await ask(body, options);
    expect(refusal.status).toBe(status);
    expect(refusal.answer['message']).toEqual(expect.any(String));
    expect(asked).toEqual([]);
  });

  it('takes a body that is exactly as large as allowed', async () => {
    const body = JSON.stringify({ query: 'ä'.repeat(50) });
    expect((await ask(body, { requestBytesMax: Buffer.byteLength(body) })).status).toBe(200);
    expect((await ask(body, { requestBytesMax: Buffer.byteLength(body) - 1 })).status).toBe(413);
  });

  it('counts the answers of a whole batch against the limit', async () => {
    const { answer } = await ask({ query: 'q' });
    const responseBytesMax = Buffer.byteLength(JSON.stringify(answer));
    expect((await ask({ query: 'q' }, { responseBytesMax })).status).toBe(200);
    expect((await ask({ queries: [{ query: 'q' }, { query: 'q' }] }, { responseBytesMax })).status).toBe(507);
  });

  it('answers 503 when the server is away and 500 for what it does not know', async () => {
    expect((await ask({ query: 'q' }, { failure: new PostgresUnavailableError('away') })).status).toBe(503);
    expect((await ask({ query: 'q' }, { failure: new Error('bug') })).status).toBe(500);
  });

  it('rejects with the reason of an aborted signal, before and while the database works', async () => {
    const reason = new Error('enough');
    await expect(ask({ query: 'q' }, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);

    const abort = new AbortController();
    const backend: PostgresBackend = {
      ...createFakeBackend().backend,
      run: () => {
        abort.abort(reason);
        return new Promise(() => undefined);
      },
    };
    const init = { method: 'POST', headers: { 'Neon-Raw-Text-Output': 'true' }, body: '{"query":"q"}' };
    const request = new Request('http://db.invalid/sql', { ...init, signal: abort.signal });
    await expect(createNeonHandler(backend)(request)).rejects.toBe(reason);
  });
});
