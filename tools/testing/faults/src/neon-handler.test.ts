import { expect, it } from 'vitest';
import type { Statement } from '@lockstep/model';
import { createNeonHandler } from './neon-handler.ts';

const RESULT = { columns: [{ name: 'a', typeId: 23 }], rows: [['1'], [null]] };
const HEADERS = { 'neon-raw-text-output': 'true', 'neon-array-mode': 'true' };

interface Ask {
  readonly failure?: unknown;
  readonly headers?: Record<string, string>;
  readonly method?: string;
  readonly path?: string;
  readonly rows?: readonly (readonly (string | null)[])[];
}

async function ask(body: unknown, { failure, headers, method = 'POST', path = '/sql', rows }: Ask = {}) {
  const asked: { statements: readonly Statement[]; transaction: boolean }[] = [];
  const handler = createNeonHandler(async (statements, { transaction }) => {
    asked.push({ statements, transaction });
    if (failure !== undefined) throw failure;
    return statements.map(() => ({ ...RESULT, rows: rows ?? RESULT.rows }));
  });
  const text = typeof body === 'string' || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body);
  const init = { method, headers: headers ?? HEADERS, ...(method === 'POST' ? { body: text } : {}) };
  const response = await handler(new Request(`http://db.invalid${path}`, init));
  return { asked, status: response.status, answer: (await response.json()) as Record<string, unknown> };
}

const query = (params: readonly unknown[] = []) => ({ query: 'q', params });
const written = { rowAsArray: true, fields: [{ name: 'a', dataTypeID: 23, format: 'text' }], rows: RESULT.rows };

it('the handler runs a single query by itself, and a batch in a transaction', async () => {
  const single = await ask(query(['x', null]));
  expect(single.answer).toEqual(written);
  expect(single.asked).toEqual([{ statements: [['q', ['x', null]]], transaction: false }]);
  const batch = await ask({ queries: [query(), query()] });
  expect(batch.answer).toEqual({ results: [written, written] });
  expect(batch.asked).toMatchObject([{ transaction: true }]);
});

it('an error has all fields, null for those that Postgres did not send', async () => {
  const failure = Object.assign(new Error('no'), { code: '23505', severity: 'ERROR', detail: 'd', password: 'secret' });
  const { status, answer } = await ask(query(), { failure });
  expect(status).toBe(400);
  expect(answer).toEqual({
    ...{ message: 'no', code: '23505', detail: 'd', hint: null, position: null, internalPosition: null },
    ...{ internalQuery: null, severity: 'ERROR', where: null, table: null, column: null, schema: null },
    ...{ dataType: null, constraint: null, file: null, line: null, routine: null },
  });
});

it.each<[title: string, status: number, body: unknown, Ask]>([
  ['another path', 404, query(), { path: '/other' }],
  ['another method', 405, undefined, { method: 'GET' }],
  ['parsed values', 400, query(), { headers: { ...HEADERS, 'neon-raw-text-output': 'false' } }],
  ['rows as objects', 400, query(), { headers: { 'neon-raw-text-output': 'true' } }],
  [
    'an isolation level',
    400,
    { queries: [] },
    { headers: { ...HEADERS, 'neon-batch-isolation-level': 'Serializable' } },
  ],
  ['a body that is not JSON', 400, '{"query":', {}],
  ['a body that is not UTF-8', 400, new Uint8Array([0x22, 0xff, 0x22]), {}],
  ['a body of another shape', 400, [query()], {}],
  ['null as body', 400, null, {}],
  ['parameters that are no array', 400, { query: 'q', params: 'x' }, {}],
  ['a parameter that is no text', 400, query([1]), {}],
  ['a lone surrogate', 400, '{"query":"q","params":["\\ud800"]}', {}],
  ['a batch with something other than a query', 400, { queries: ['q'] }, {}],
  ['too many parameters', 400, query(Array.from({ length: 65_536 }, () => 'x')), {}],
  ['a body above the limit, counted in bytes', 413, query(['ä'.repeat(5 * 1024 * 1024)]), {}],
])('a request with %s is refused with %d and does not reach the database', async (_title, status, body, options) => {
  const { asked, ...refusal } = await ask(body, options);
  expect(refusal.status).toBe(status);
  expect(refusal.answer['message']).toEqual(expect.any(String));
  expect(asked).toEqual([]);
});

it('the limit of an answer holds for a whole batch', async () => {
  const rows = [['x'.repeat(6 * 1024 * 1024)]];
  expect((await ask(query(), { rows })).status).toBe(200);
  expect((await ask({ queries: [query(), query()] }, { rows })).status).toBe(507);
});

it('a request is answered with 503 when Postgres cannot be reached', async () => {
  expect((await ask(query(), { failure: new Error('away') })).status).toBe(503);
});
