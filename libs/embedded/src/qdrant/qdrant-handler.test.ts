import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createQdrantHandler } from './qdrant-handler.ts';
import { openQdrantStorage } from './storage/qdrant-storage.ts';

interface Answer {
  readonly status: number;
  readonly body: { result?: unknown; status: 'ok' | { error: string }; time: number };
}

const directory = await mkdtempDisposable(join(tmpdir(), 'qdrant-handler-'));
const storage = await openQdrantStorage({ directory: directory.path });
const handle = createQdrantHandler({ storage, bodyBytesMax: 20_000 });

async function call(route: string, body?: unknown): Promise<Answer> {
  const [method = '', path = ''] = route.split(' ');
  const headers = { 'content-type': 'application/json' };
  const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) };
  return read(await handle(new Request(`http://127.0.0.1${path}`, init)));
}

async function read(response: Response): Promise<Answer> {
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

function refusal(status: number, text: string) {
  return { status, body: { status: { error: expect.stringContaining(text) as string }, time: 0 } };
}

const vectors = { size: 2, distance: 'Cosine' };
const point = { id: 1, vector: [1, 0], payload: { a: 1 } };

beforeAll(async () => {
  await call('PUT /collections/c', { vectors });
  await call('PUT /collections/c/points', { points: [point] });
});

afterAll(async () => {
  storage.close();
  await directory.remove();
});

describe('answers', () => {
  it('an answer has a result, a status and a time', async () => {
    const { status, body } = await call('POST /collections/c/points/count', {});
    expect(status).toBe(200);
    expect(body).toEqual({ result: { count: 1 }, status: 'ok', time: expect.any(Number) as number });
  });

  it('the root path names the embedded server and the version that it implements', async () => {
    const response = await handle(new Request('http://127.0.0.1/'));
    expect(await response.json()).toEqual({
      title: 'Lockstep embedded Qdrant (qdrant-compatible)',
      version: '1.19.0',
    });
  });

  it('a write is answered as completed after it is stored, also with wait=false', async () => {
    const { body } = await call('PUT /collections/c/points?wait=false', {
      points: [{ id: 2, vector: [0, 1] }],
    });
    expect(body.result).toEqual({ operation_id: expect.any(Number) as number, status: 'completed' });
    const stored = await call('POST /collections/c/points', { ids: [2], with_vector: true });
    expect(stored.body.result).toEqual([{ id: 2, payload: {}, vector: [0, 1] }]);
  });

  it('__proto__ is an ordinary key of a payload, which set_payload merges and removes', async () => {
    await call('PUT /collections/proto', { vectors });
    await call('PUT /collections/proto/points', { points: [point] });
    const set = async (payload: string) => {
      const headers = { 'content-type': 'application/json' };
      const body = `{"points":[1],"payload":${payload}}`;
      await handle(new Request('http://127.0.0.1/collections/proto/points/payload', { method: 'POST', headers, body }));
      return JSON.stringify((await call('POST /collections/proto/points', { ids: [1] })).body.result);
    };
    expect(await set('{"__proto__":{"b":2}}')).toBe('[{"id":1,"payload":{"a":1,"__proto__":{"b":2}}}]');
    expect(await set('{"__proto__":null}')).toBe('[{"id":1,"payload":{"a":1}}]');
  });

  it('operations on a collection are numbered', async () => {
    const first = await call('PUT /collections/c/points', { points: [point] });
    const second = await call('POST /collections/c/points/delete', { points: [500] });
    const id = ({ body }: Answer) => (body.result as { operation_id: number }).operation_id;
    expect(id(second)).toBe(id(first) + 1);
  });
});

describe('requests that are refused', () => {
  it.each([
    'GET /healthz',
    'GET /livez',
    'GET /readyz',
    'GET /telemetry',
    'GET /metrics',
    'GET /collections/c/cluster',
    'POST /collections/c/snapshots',
    'POST /collections/c/points/search',
    'POST /collections/c/points/query/batch',
    'POST /collections/c/points/search/matrix/pairs',
    'PUT /collections/c/points/batch',
    'GET /collections/',
    'GET /collections/c/exists',
    'GET /collections/c/points/1',
    'GET /collections/c/points/1/more',
    'POST /collections/c/points/payload/delete',
    'POST /collections/c/points/payload/clear',
    'POST /collections/c/points/vectors/delete',
    'DELETE /collections/c/index/a',
    'POST /',
    'OPTIONS /collections',
  ])('the endpoint %s is refused with 501', async (route) => {
    expect(await call(route)).toEqual(refusal(501, `the endpoint ${route}`));
  });

  it.each([
    ['POST /collections/c/points/count?shard=1', 400, 'the query parameter shard'],
    ['POST /collections/c/points/count?constructor=1', 400, 'the query parameter constructor'],
    ['POST /collections/c/points/count?wait=1', 422, 'wait: value 1 invalid'],
    ['POST /collections/c/points/count?timeout=5', 400, 'the query parameter timeout'],
    ['POST /collections/c/points/count?ordering=weak', 400, 'the query parameter ordering'],
    ['POST /collections/c/points/count?consistency=all', 400, 'the query parameter consistency'],
  ])('%s is refused for its query parameter', async (route, status, text) =>
    expect(await call(route, {})).toEqual(refusal(status, text)),
  );

  it('a facet over an integer index is refused with 400', async () => {
    await call('PUT /collections/facets', { vectors });
    await call('PUT /collections/facets/index', { field_name: 'a', field_schema: 'integer' });
    const text = 'Not supported by the embedded Qdrant: a facet over a payload index of type integer';
    expect(await call('POST /collections/facets/facet', { key: 'a' })).toEqual(refusal(400, text));
  });

  const where = { filter: { must: [{ key: 'a', match: { value: 1 } }] } };
  /** By route: a name, the body, the text of the refusal, and its status (400 by default). */
  const refused: Readonly<Record<string, readonly (readonly [string, unknown, string, number?])[]>> = {
    'POST /collections/c/points/count': [
      ['an unknown field', { fitler: {} }, 'unknown field `fitler`'],
      ['a body that is not an object', [], 'must be an object'],
      ['min_should', { filter: { min_should: { conditions: [], min_count: 1 } } }, '`min_should`'],
      ['conditions that are not a list', { filter: { must: { has_id: [1] } } }, 'filter.must must be an array'],
    ],
    'POST /collections/c/points/scroll': [
      ['order_by', { order_by: 'a' }, 'Not supported by the embedded Qdrant: `order_by`'],
      ['a limit of 0', { limit: 0 }, 'limit: value 0 invalid', 422],
      ['a limit that is not an integer', { limit: 1.5 }, 'limit must be an integer'],
    ],
    'POST /collections/c/points': [
      ['a shard key', { ids: [1], shard_key: 'k' }, '`shard_key`'],
      ['excluded parts of a payload', { ids: [1], with_payload: { exclude: ['a'] } }, '`exclude` in with_payload'],
      ['no ids', {}, 'missing field `ids`'],
      ['names of vectors', { ids: [1], with_vector: ['v'] }, 'names in with_vector'],
    ],
    'POST /collections/c/facet': [
      ['a facet without a key', {}, 'key must be a string'],
      ['a facet of no values', { key: 'a', limit: 0 }, 'limit: value 0 invalid', 422],
      ['a facet with a filter', { key: 'a', filter: {} }, '`filter`'],
      ['a facet in one shard', { key: 'a', shard_key: 'k' }, '`shard_key`'],
    ],
    'POST /collections/c/points/query': [
      ['a query without a vector', {}, 'a query that is not a vector'],
      ['a query by the id of a point', { query: 1 }, 'a query that is not a vector'],
      ['the points nearest to a point', { query: { nearest: 1 } }, 'a query that is not a vector'],
      ['nearest with more', { query: { nearest: [1, 0], mmr: {} } }, 'a query that is not a vector'],
      ['recommend', { query: { recommend: {} } }, 'a query that is not a vector'],
      ['an offset', { query: [1, 0], offset: 1 }, '`offset`'],
      ['a threshold', { query: [1, 0], score_threshold: 1 }, '`score_threshold`'],
      ['prefetch', { query: [1, 0], prefetch: [] }, '`prefetch`'],
      ['a vector name', { query: [1, 0], using: 'v' }, '`using`'],
      ['search parameters', { query: [1, 0], params: {} }, '`params`'],
      ['a zero query', { query: [0, 0] }, 'zero vector'],
    ],
    'PUT /collections/c/points': [
      ['a zero vector', { points: [{ id: 3, vector: [0, 0] }] }, 'zero vector'],
      ['an update mode', { points: [], update_mode: 'insert_only' }, '`update_mode`'],
      ['an update filter', { points: [], update_filter: {} }, '`update_filter`'],
      ['points as columns', { batch: { ids: [], vectors: [] } }, '`batch`'],
      ['an unknown part of a point', { points: [{ ...point, score: 1 }] }, 'unknown field `score` in points[0]'],
    ],
    'POST /collections/c/points/delete': [
      ['no selection', {}, '`points` or `filter`'],
      ['two selections', { points: [1], ...where }, '`points` and `filter` together'],
    ],
    'POST /collections/c/points/payload': [
      ['no payload', { points: [1] }, 'missing field `payload`'],
      ['set at a path', { points: [1], payload: {}, key: 'a' }, '`key`'],
    ],
    'PUT /collections/c/points/payload': [['overwrite at a path', { points: [1], payload: {}, key: 'a' }, '`key`']],
    'POST /collections/c/points/batch': [
      ['delete_payload', { operations: [{ delete_payload: { points: [1], keys: ['a'] } }] }, '`delete_payload`'],
      ['clear_payload', { operations: [{ clear_payload: { points: [1] } }] }, '`clear_payload`'],
      ['delete_vectors', { operations: [{ delete_vectors: {} }] }, '`delete_vectors`'],
      ['an unknown operation', { operations: [{ upset: {} }] }, 'unknown field `upset`'],
      ['two operations in one', { operations: [{ delete: {}, upsert: {} }] }, 'must hold one operation'],
    ],
    'PUT /collections/d': [
      ['the distance Dot', { vectors: { size: 2, distance: 'Dot' } }, 'the distance Dot'],
      ['the distance Euclid', { vectors: { size: 2, distance: 'Euclid' } }, 'the distance Euclid'],
      ['named vectors', { vectors: { v: vectors } }, 'named vectors'],
      ['no vectors', {}, 'vectors must be an object'],
      ['no dimensions', { vectors: { size: 0, distance: 'Cosine' } }, 'vectors.size: value 0 invalid', 422],
      ['too many dimensions', { vectors: { size: 65_537, distance: 'Cosine' } }, 'from 1 to 65536', 422],
      ['another datatype', { vectors: { ...vectors, datatype: 'float64' } }, 'float32, float16 or uint8'],
      ['another quantization', { vectors, quantization_config: { turbo: {} } }, 'unknown field `turbo`'],
      ['sparse vectors', { vectors, sparse_vectors: {} }, '`sparse_vectors`'],
      ['shards', { vectors, shard_number: 2 }, '`shard_number`'],
      ['deferred points', { vectors, optimizers_config: { prevent_unoptimized: true } }, '`prevent_unoptimized`'],
      [
        'an unknown setting of the optimizer',
        { vectors, optimizers_config: { ef: 1 } },
        'unknown field `ef` in optimizers_config',
      ],
      ['a graph of vectors', { vectors, hnsw_config: { m: 0 } }, '`hnsw_config`'],
      ['a log of writes', { vectors, wal_config: {} }, '`wal_config`'],
      ['payloads in memory', { vectors, on_disk_payload: false }, '`on_disk_payload`'],
      ['vectors on disk', { vectors: { ...vectors, on_disk: true } }, '`on_disk`'],
      ['metadata', { vectors, metadata: { a: 1 } }, '`metadata`'],
    ],
    'PATCH /collections/c': [
      [
        'a setting that is not a number',
        { optimizers_config: { indexing_threshold: '5' } },
        'optimizers_config.indexing_threshold must be a number',
      ],
      ['new metadata', { metadata: { a: 1 } }, '`metadata`'],
      ['new dimensions', { vectors: { '': {} } }, '`vectors`'],
    ],
    'PUT /collections/a%2Fb': [['a forbidden name', { vectors }, 'cannot contain "/"', 422]],
    [`PUT /collections/${'x'.repeat(256)}`]: [['a long name', { vectors }, 'from 1 to 255 characters', 422]],
    'PUT /collections/c/index': [
      ['a text index', { field_name: 'a', field_schema: 'text' }, 'a payload index of type text'],
      ['a bool index', { field_name: 'a', field_schema: 'bool' }, 'a payload index of type bool'],
      [
        'settings of an index',
        { field_name: 'a', field_schema: { type: 'keyword', is_tenant: true } },
        'settings of a payload index',
      ],
      ['no type of index', { field_name: 'a' }, 'field_schema must be a string'],
    ],
    'POST /collections/aliases': [
      [
        'an alias with a new name',
        { actions: [{ rename_alias: { old_alias_name: 'a', new_alias_name: 'b' } }] },
        '`rename_alias`',
      ],
      ['two actions in one', { actions: [{ create_alias: {}, delete_alias: {} }] }, 'must hold one action'],
    ],
  };
  const conditions: readonly (readonly [string, unknown, string])[] = [
    ['a nested condition', { nested: {} }, '`nested` in filter.must'],
    ['a filter inside a filter', { should: [] }, '`should` in filter.must'],
    ['two conditions in one', { has_id: [1], is_empty: { key: 'a' } }, 'must hold one condition'],
    ['is_null', { is_null: { key: 'a' } }, '`is_null` in filter.must'],
    ['is_empty with a key beside it', { key: 'a', is_empty: true }, '`is_empty` in filter.must'],
    ['except', { key: 'a', match: { except: [1] } }, '`except` in filter.must.match'],
    ['a geo condition', { key: 'a', geo_radius: {} }, '`geo_radius`'],
    ['text match', { key: 'a', match: { text: 'x' } }, '`text`'],
    ['a date range', { key: 'a', range: { gt: '2020-01-01' } }, 'range over dates'],
    ['a match with a fraction', { key: 'a', match: { value: 1.5 } }, 'compares with'],
    ['mixed values', { key: 'a', match: { any: [1, 'x'] } }, 'strings only or integers only'],
    ['a key alone', { key: 'a' }, 'has a key and no check'],
    ['two checks', { key: 'a', match: { value: 1 }, range: {} }, 'match and range'],
    ['an unknown condition', { near: 1 }, 'unknown field `near`'],
    ['an empty condition', {}, 'one condition'],
    ['a bad path', { key: 'a..b', match: { value: 1 } }, "Invalid json path: 'a..b'"],
    ['a path into an array', { key: 'a[].b', match: { value: 1 } }, 'a step into an array in filter.must.key'],
  ];
  const filtered = conditions.map(
    ([title, condition, text]) => [title, { filter: { must: [condition] } }, text] as const,
  );
  const rows = [...Object.entries(refused), ['POST /collections/c/points/count', filtered] as const].flatMap(
    ([route, cases]) => cases.map(([title, body, text, status = 400]) => [title, route, body, text, status] as const),
  );
  it.each(rows)('a request with %s is refused and changes nothing: %s', async (_title, route, body, text, status) => {
    const before = await call('GET /collections');
    expect(await call(route, body)).toEqual(refusal(status, text));
    expect((await call('GET /collections')).body.result).toEqual(before.body.result);
    const { result } = (await call('POST /collections/c/points', { ids: [1] })).body;
    expect(result).toEqual([{ id: 1, payload: { a: 1 } }]);
  });

  const raw = (body: string | Uint8Array<ArrayBuffer>, type = 'application/json') =>
    handle(
      new Request('http://127.0.0.1/collections/c/points', { method: 'PUT', headers: { 'content-type': type }, body }),
    ).then(read);

  it.each([
    ['an integer beyond 2^53', '{"n":9007199254740993}', 'cannot be kept exactly'],
    ['a number beyond a double', '{"n":[1e999]}', 'cannot be kept exactly'],
    ['a lone surrogate', '{"n":"\\ud800"}', 'lone surrogate'],
    ['a lone surrogate in a key', '{"\\udc00":1}', 'lone surrogate'],
    ['nesting that is too deep', `{"n":${'['.repeat(200)}${']'.repeat(200)}}`, 'nested deeper than 128'],
    ['an array instead of an object', '[1]', 'must be an object'],
  ])('a payload with %s is refused', async (_title, payload, text) => {
    expect(await raw(`{"points":[{"id":1,"vector":[1,0],"payload":${payload}}]}`)).toEqual(refusal(400, text));
  });

  it('a body that is not JSON is refused and not quoted', async () => {
    const answer = await raw('{"points": secret text}');
    expect(answer).toEqual(refusal(400, 'Format error in JSON body: not valid JSON'));
    expect(JSON.stringify(answer)).not.toContain('secret');
    expect(await raw('')).toEqual(refusal(400, 'not valid JSON'));
  });

  it('a body that is not UTF-8 is refused', async () => {
    expect(await raw(Uint8Array.of(0x22, 0xff, 0x22))).toEqual(refusal(400, 'not valid UTF-8'));
  });

  it('a body with another content type, which a web page could post, is refused', async () => {
    expect(await raw('{"points":[]}', 'text/plain')).toEqual(refusal(400, 'Content type error'));
  });

  it('a body above the limit is refused, with or without a content-length', async () => {
    const large = JSON.stringify({ points: [], padding: 'x'.repeat(20_000) });
    const text = `Payload error: JSON payload has exceeded limit (20000 bytes).`;
    expect(await raw(large)).toEqual(refusal(400, text));
    const headers = { 'content-type': 'application/json', 'content-length': '20001' };
    const announced = new Request('http://127.0.0.1/collections/c/points', { method: 'PUT', headers, body: '{}' });
    expect(await read(await handle(announced))).toEqual(
      refusal(400, 'Payload error: JSON payload (20001 bytes) is larger than allowed (limit: 20000 bytes).'),
    );
  });
});

describe('writes that are refused', () => {
  it('a refused write leaves nothing, not even of its earlier operations', async () => {
    await call('PUT /collections/whole', { vectors });
    const before = await call('GET /collections/whole');
    const answer = await call('POST /collections/whole/points/batch', {
      operations: [{ upsert: { points: [point] } }, { set_payload: { points: [404], payload: { a: 1 } } }],
    });
    expect(answer).toEqual(refusal(404, 'Not found: No point with id 404 found'));
    expect((await call('GET /collections/whole')).body.result).toEqual(before.body.result);
    const aliases = [{ create_alias: { alias_name: 'whole-alias', collection_name: 'whole' } }];
    const failing = { create_alias: { alias_name: 'x', collection_name: 'absent' } };
    expect(await call('POST /collections/aliases', { actions: [...aliases, failing] })).toMatchObject({ status: 404 });
    expect((await call('GET /aliases')).body.result).toEqual({ aliases: [] });
  });

  it('a collection cannot be deleted by an alias, as in a real Qdrant', async () => {
    await call('PUT /collections/kept', { vectors });
    await call('POST /collections/aliases', {
      actions: [{ create_alias: { alias_name: 'other-name', collection_name: 'kept' } }],
    });
    expect((await call('DELETE /collections/other-name')).body.result).toBe(false);
    expect((await call('GET /collections/kept')).status).toBe(200);
    await call('DELETE /collections/kept');
  });
});

describe('the limit of points', () => {
  it('a write above the limit is refused as a whole, with advice to use a real Qdrant', async () => {
    await using own = await mkdtempDisposable(join(tmpdir(), 'qdrant-cap-'));
    const capped = await openQdrantStorage({ directory: own.path });
    let answer = createQdrantHandler({ storage: capped, pointsMax: 3 });
    const put = async (path: string, body: unknown, method = 'PUT') => {
      const headers = { 'content-type': 'application/json' };
      return read(
        await answer(
          // oxlint-disable-next-line unicorn/no-invalid-fetch-options -- the method is never GET here
          new Request(`http://127.0.0.1/collections/${path}`, { method, headers, body: JSON.stringify(body) }),
        ),
      );
    };
    const points = (...ids: number[]) => ({ points: ids.map((id) => ({ id, vector: [1, id] })) });
    await put('a', { vectors });
    await put('b', { vectors });
    expect((await put('a/points', points(1, 2))).status).toBe(200);
    const refused = await put('b/points', points(3, 4));
    expect(refused).toEqual(refusal(400, 'at most 3 points and this write would make 4'));
    expect(refused).toEqual(refusal(400, 'Set QDRANT_HOST to use a real Qdrant'));
    expect((await put('b/points/count', {}, 'POST')).body.result).toEqual({ count: 0 });
    expect((await put('b/points', points(3))).status).toBe(200);
    // At the limit, points can be replaced and not added, and a deletion makes room.
    expect((await put('a/points', points(1, 2))).status).toBe(200);
    expect((await put('a/points', points(5))).status).toBe(400);
    await put('b/points/delete', { points: [3] }, 'POST');
    expect((await put('a/points', points(5))).status).toBe(200);
    // With a lower limit, stored points can still be replaced and deleted.
    answer = createQdrantHandler({ storage: capped, pointsMax: 1 });
    expect((await put('a/points', points(1, 2))).status).toBe(200);
    expect((await put('a/points', points(1, 6))).status).toBe(400);
    expect((await put('a/points/delete', { points: [5] }, 'POST')).status).toBe(200);
    capped.close();
  });
});
