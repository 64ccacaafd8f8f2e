import { delay, http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { pointIdOf, type Point, type VectorStore } from '@lockstep/model';
import { collect, createInstantGuard, failureOf, allTextOf } from '@lockstep/testing-ports';
import { createQdrantVectorStore, type QdrantVectorStoreOptions } from './qdrant-vector-store.ts';

const KEY = 'qdrant-verysecretkey';
const BASE = 'https://vectors.test:6333';
const server = setupServer();

interface SentRequest {
  readonly request: string;
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
    http.all('*', async ({ request }) => {
      const text = await request.text();
      seen.push({
        request: `${request.method} ${request.url}`,
        body: text === '' ? undefined : JSON.parse(text),
        headers: request.headers,
      });
      return (answers[Math.min(seen.length, answers.length) - 1] as Answer)();
    }),
  );
}

const ok =
  (result: unknown, status = 200) =>
  () =>
    HttpResponse.json({ result, status: 'ok', time: 0 }, { status });
const refusal =
  (status: number, error: string, headers: Record<string, string> = {}) =>
  () =>
    HttpResponse.json({ status: { error }, time: 0 }, { status, headers });
const info = (vectors: unknown, payload_schema: unknown = {}) =>
  ok({ config: { params: { vectors } }, payload_schema });

function storeAt(options: Partial<QdrantVectorStoreOptions> = {}) {
  const { guard, waitsMs } = createInstantGuard('qdrant');
  const store = createQdrantVectorStore({
    url: new URL(BASE),
    apiKey: KEY,
    collection: 'books',
    guard,
    timeoutMs: 10_000,
    ...options,
  });
  return { ...store, waitsMs };
}

const point: Point = {
  pointId: pointIdOf('a', '1'),
  vector: Float32Array.from([1, 0]),
  payload: {
    corpus: 'a',
    chunk_id: '1',
    document_id: 'a private text',
    model: 'm',
    content_hash: 'h',
    embedding_key: 'k',
    projection: 'p',
  },
};

/** Makes a write that fails, and checks that its error holds no key and no payload. */
async function fail(options: Partial<QdrantVectorStoreOptions> = {}) {
  const store = storeAt(options);
  const error = await failureOf(store.upsert([point]));
  for (const secret of [KEY, 'verysecret', 'private']) expect(allTextOf(error)).not.toContain(secret);
  return { error, waitsMs: store.waitsMs };
}

describe('addresses', () => {
  it.each([
    ['http://host.test:6333', 'http://host.test:6333', 'host.test:6333'],
    ['https://host.test:6334/', 'https://host.test:6334', 'host.test:6334'],
    ['https://host.test', 'https://host.test', 'host.test'],
    ['http://host.test', 'http://host.test', 'host.test'],
    ['https://host.test/qdrant', 'https://host.test/qdrant', 'host.test/qdrant'],
    ['http://host.test:8080/a/b/', 'http://host.test:8080/a/b', 'host.test:8080/a/b'],
    ['http://[2001:db8::1]:6333', 'http://[2001:db8::1]:6333', '[2001:db8::1]:6333'],
  ])('the address %s keeps its scheme, port and path in requests', async (given, base, host) => {
    answerWith(ok({ count: 3 }));
    const { guard } = createInstantGuard('qdrant');
    const store = createQdrantVectorStore({ url: new URL(given), collection: 'books', guard, timeoutMs: 1000 });
    expect(await store.count('a')).toBe(3);
    expect(seen.map(({ request }) => request)).toEqual([`POST ${base}/collections/books/points/count`]);
    expect(store.target).toBe(`${host}/books`);
  });

  it('the target of a store has the shown host instead of the host of the address', () => {
    expect(storeAt({ shownHost: 'embedded' }).target).toBe('embedded/books');
  });

  it('a store sends its key in a header, and makes no request before the first call', async () => {
    answerWith(ok({ count: 0 }));
    const { count } = storeAt();
    expect(seen).toEqual([]);
    await count('a');
    expect(seen[0]?.headers.get('api-key')).toBe(KEY);
    expect(seen[0]?.body).toEqual({ exact: true, filter: { must: [{ key: 'corpus', match: { value: 'a' } }] } });
  });

  it('a store prints nothing, where its key goes to this machine over plain http too', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    answerWith(ok({ count: 0 }));
    await storeAt({ url: new URL('http://127.0.0.1:6333') }).count('a');
    expect(seen[0]?.headers.get('api-key')).toBe(KEY);
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });
});

const done = { operation_id: 1, status: 'completed' };
const writes: [title: string, write: (store: VectorStore, signal?: AbortSignal) => Promise<void>, result: unknown][] = [
  ['an upsert of points', (store, signal) => store.upsert([point], stoppedBy(signal)), done],
  ['a change of payloads', (store, signal) => store.overwritePayloads([point], stoppedBy(signal)), [done]],
  ['a deletion', (store, signal) => store.delete([point.pointId], stoppedBy(signal)), done],
];
const stoppedBy = (signal?: AbortSignal): { signal?: AbortSignal | undefined } => ({ signal });

describe('writes', () => {
  it('an upsert waits until it is applied, and sends vectors as numbers', async () => {
    answerWith(ok({ operation_id: 1, status: 'completed' }));
    await storeAt().upsert([point]);
    expect(seen[0]?.request).toBe(`PUT ${BASE}/collections/books/points?wait=true`);
    expect(seen[0]?.body).toEqual({ points: [{ id: point.pointId, vector: [1, 0], payload: point.payload }] });
  });

  it('a change of payloads selects each point by id and embedding key, and a deletion lists all its points', async () => {
    answerWith(ok([done]), ok(done));
    const store = storeAt();
    await store.overwritePayloads([point]);
    await store.delete([point.pointId]);
    const must = [{ has_id: [point.pointId] }, { key: 'embedding_key', match: { value: 'k' } }];
    expect(seen).toMatchObject([
      {
        request: `POST ${BASE}/collections/books/points/batch?wait=true`,
        body: { operations: [{ overwrite_payload: { payload: point.payload, filter: { must } } }] },
      },
      {
        request: `POST ${BASE}/collections/books/points/delete?wait=true`,
        body: { points: [point.pointId] },
      },
    ]);
  });

  it.each(['acknowledged', 'wait_timeout', 'clock_rejected'])(
    'a write that Qdrant reports as %s and not as completed fails',
    async (status) => {
      answerWith(ok({ operation_id: 1, status }));
      const refused = { code: 'response-invalid', disposition: 'abort' };
      expect((await fail()).error).toMatchObject(refused);
      expect(await failureOf(storeAt().delete([point.pointId]))).toMatchObject(refused);
      server.resetHandlers();
      answerWith(
        ok([
          { operation_id: 1, status: 'completed' },
          { operation_id: 2, status },
        ]),
      );
      expect(await failureOf(storeAt().overwritePayloads([point, point]))).toMatchObject(refused);
    },
  );

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'an upsert and a search with %d in a vector are refused before any request',
    async (bad) => {
      const vector = Float32Array.from([1, bad]);
      expect(await failureOf(storeAt().upsert([point, { ...point, vector }]))).toMatchObject({ code: 'invariant' });
      expect(await failureOf(storeAt().search({ vector, limit: 1 }))).toMatchObject({ code: 'invariant' });
      expect(seen).toEqual([]);
    },
  );
});

describe('refusals', () => {
  it.each([
    [400, 'request-refused'],
    [401, 'unauthorized'],
    [403, 'unauthorized'],
    [404, 'request-refused'],
    [413, 'request-refused'],
    [422, 'request-refused'],
    [501, 'service-unavailable'],
  ])('a refusal with status %i becomes %s, with its reason', async (status, code) => {
    answerWith(refusal(status, 'Wrong input: expected dim: 4, got 2'));
    const { error } = await fail();
    expect(error).toMatchObject({ code, details: { status, reason: 'Wrong input: expected dim: 4, got 2' } });
    expect(error.message).toContain('expected dim: 4, got 2');
    expect(seen).toHaveLength(status < 500 ? 1 : 3);
  });

  it.each([408, 409, 500, 502, 503, 504])(
    'a write refused with %i is tried three times, and then fails as unavailable',
    async (status) => {
      const done = ok({ operation_id: 1, status: 'completed' });
      answerWith(refusal(status, 'busy'), refusal(status, 'busy'), done);
      await storeAt().upsert([point]);
      expect(seen).toHaveLength(3);
      seen = [];
      answerWith(refusal(status, 'busy'));
      const { error, waitsMs } = await fail();
      expect(error).toMatchObject({ code: 'service-unavailable', details: { status } });
      expect(waitsMs).toEqual([0.5, 1]);
      expect(seen).toHaveLength(3);
    },
  );

  it('the wait after status 503 is as long as its header says', async () => {
    answerWith(refusal(503, 'busy', { 'retry-after': '30' }), ok({ operation_id: 1, status: 'completed' }));
    const { upsert, waitsMs } = storeAt();
    await upsert([point]);
    expect(waitsMs).toEqual([30_000]);
  });

  it.each<[title: string, headers: Record<string, string>]>([
    ['no header', {}],
    ['seconds, of which the client keeps one digit', { 'retry-after': '47' }],
    ['seconds that the client reads as 0', { 'retry-after': '0.5' }],
    ['a date, which the client cannot read', { 'retry-after': 'Wed, 21 Oct 2037 07:28:00 GMT' }],
  ])('a call through the client that meets status 429 and %s waits for our own backoff', async (_title, headers) => {
    answerWith(refusal(429, 'too many', headers), ok({ count: 3 }));
    const store = storeAt();
    await store.count('a');
    expect(store.waitsMs).toEqual([0.5]);
    seen = [];
    answerWith(refusal(429, 'too many', headers));
    const error = await failureOf(store.count('a'));
    expect(error).toMatchObject({ code: 'rate-limited', details: { status: 429 } });
    expect(seen).toHaveLength(3);
  });

  it.each(writes)('%s that meets status 429 waits as long as the header says', async (_title, write, result) => {
    answerWith(refusal(429, 'too many', { 'retry-after': '47' }), ok(result));
    const store = storeAt();
    await write(store);
    expect(store.waitsMs).toEqual([47_000]);
    expect(seen[1]?.headers.get('api-key')).toBe(KEY);
  });

  it.each([
    [507, 'no space'],
    [400, 'The embedded Qdrant holds 200000 points already'],
  ])('status %i with the reason "%s" means that the store is full', async (status, reason) => {
    answerWith(refusal(status, reason));
    expect((await fail()).error).toMatchObject({ code: 'capacity-exceeded', disposition: 'abort' });
    expect(seen).toHaveLength(1);
  });

  it('the message of a refusal is short when its reason is missing or very long', async () => {
    answerWith(() => HttpResponse.html('<h1>a private page</h1>', { status: 404 }));
    expect((await fail()).error.message).toBe(
      'Qdrant at vectors.test:6333 answered 404 with a web page, which may be of a proxy',
    );
    server.resetHandlers();
    answerWith(refusal(400, 'x'.repeat(5_000)));
    expect((await fail()).error.message.length).toBeLessThan(400);
  });
});

describe('answers that cannot be read', () => {
  it.each<[title: string, answer: Answer, code: string]>([
    ['a page of a proxy', () => HttpResponse.html('<h1>a private page</h1>'), 'response-invalid'],
    ['JSON without a result', () => HttpResponse.json({ hello: 'private' }), 'response-invalid'],
    [
      'JSON that is cut',
      () => new HttpResponse('{"result":{"pri', { headers: { 'content-type': 'application/json' } }),
      'service-unavailable',
    ],
    ['a status that Qdrant does not use', ok({ operation_id: 1, status: 'completed' }, 202), 'response-invalid'],
  ])(
    'a write that is answered with %s is tried again, and then fails with the right code',
    async (_title, answer, code) => {
      answerWith(answer);
      expect((await fail()).error.code).toBe(code);
      expect(seen).toHaveLength(3);
      answerWith(answer, ok({ operation_id: 1, status: 'completed' }));
      seen = [];
      await storeAt().upsert([point]);
      expect(seen).toHaveLength(2);
    },
  );
});

describe('connections', () => {
  it('a write whose connection fails is tried three times, and then fails as unavailable', async () => {
    answerWith(() => HttpResponse.error(), ok({ operation_id: 1, status: 'completed' }));
    await storeAt().upsert([point]);
    seen = [];
    answerWith(() => HttpResponse.error());
    expect((await fail()).error).toMatchObject({ code: 'service-unavailable' });
    expect(seen).toHaveLength(3);
  });

  it('a write without an answer in time is tried three times, and then fails as unavailable', async () => {
    answerWith(async () => {
      await delay('infinite');
      return HttpResponse.json({});
    });
    expect((await fail({ timeoutMs: 20 })).error).toMatchObject({
      code: 'service-unavailable',
      message: expect.stringContaining('no answer in time'),
    });
    expect(seen).toHaveLength(3);
  });

  it.each(writes)(
    '%s ends at once with the reason of its abort signal, and is not tried again',
    async (_title, write) => {
      const stop = new AbortController();
      answerWith(async () => {
        stop.abort(new Error('stopped by hand'));
        await delay('infinite');
        return HttpResponse.json({});
      });
      await expect(write(storeAt(), stop.signal)).rejects.toThrow('stopped by hand');
      expect(seen).toHaveLength(1);
    },
  );
});

const absent = refusal(404, "Not found: Collection `books` doesn't exist!");

describe('reads', () => {
  const reads: [title: string, read: (store: VectorStore) => Promise<unknown>, nothing: unknown][] = [
    ['inspect', (store) => store.inspect(), undefined],
    ['census', (store) => store.census(), { corpora: [], unowned: 0 }],
    ['count', (store) => store.count('a'), 0],
    ['foreignModel', (store) => store.foreignModel('m'), undefined],
    ['scan', (store) => collect(store.scan('a')), []],
    ['vectors', (store) => store.vectors([point.pointId]), new Map()],
    ['search', (store) => store.search({ vector: point.vector, limit: 1 }), []],
  ];

  it.each(reads)(
    '%s finds nothing in one request when the collection does not exist',
    async (_title, read, nothing) => {
      answerWith(absent);
      expect(await read(storeAt())).toEqual(nothing);
      expect(seen).toHaveLength(1);
    },
  );

  it.each(reads)('%s asks again when the answer with status 404 is cut', async (_title, read, nothing) => {
    const cut = () =>
      new HttpResponse('{"status":{"error":"Not found: Coll', {
        status: 404,
        headers: { 'content-type': 'application/json' },
      });
    answerWith(cut, absent);
    expect(await read(storeAt())).toEqual(nothing);
    expect(seen).toHaveLength(2);
  });

  it.each(reads)('%s fails on a 404 that is about anything but the collection', async (_title, read) => {
    const others = [
      () => HttpResponse.html('<h1>Not Found</h1>', { status: 404 }),
      () => new HttpResponse(null, { status: 404 }),
      () => HttpResponse.json({ detail: 'Not Found' }, { status: 404 }),
      refusal(404, 'Not found: Shard 3'),
    ];
    for (const other of others) {
      server.resetHandlers();
      answerWith(other);
      expect(await failureOf(read(storeAt()))).toMatchObject({ code: 'request-refused', details: { status: 404 } });
    }
  });

  it('a scan fails when its collection is deleted between two pages', async () => {
    const page = { points: [{ id: point.pointId, payload: {} }], next_page_offset: pointIdOf('a', '2') };
    answerWith(ok(page), absent);
    expect(await failureOf(collect(storeAt().scan('a')))).toMatchObject({ details: { status: 404 } });
    expect(seen[1]?.body).toMatchObject({ offset: page.next_page_offset });
  });
});

describe('reads by requests of our own', () => {
  const reads: [title: string, read: (store: VectorStore, signal?: AbortSignal) => Promise<unknown>, found: unknown][] =
    [
      ['scan', (store, signal) => collect(store.scan('a', { signal })), { points: [] }],
      ['vectors', (store, signal) => store.vectors([point.pointId], { signal }), []],
    ];

  it.each(reads)('%s waits after status 429 as long as the header says', async (_title, read, found) => {
    answerWith(refusal(429, 'too many', { 'retry-after': '47' }), ok(found));
    const store = storeAt();
    await read(store);
    expect(store.waitsMs).toEqual([47_000]);
    expect(seen[1]?.headers.get('api-key')).toBe(KEY);
  });

  it.each(reads)(
    '%s ends at once with the reason of its abort signal, and is not tried again',
    async (_title, read) => {
      const stop = new AbortController();
      answerWith(async () => {
        stop.abort(new Error('stopped by hand'));
        await delay('infinite');
        return HttpResponse.json({});
      });
      await expect(read(storeAt(), stop.signal)).rejects.toThrow('stopped by hand');
      expect(seen).toHaveLength(1);
    },
  );
});

describe('census', () => {
  const vectors = { size: 2, distance: 'Cosine' };
  const indexed = info(vectors, { corpus: { data_type: 'keyword', points: 3 } });

  it('a census asks for exact counts of each corpus and of points without one', async () => {
    // A facet may have values that no point has any more, and values of another type.
    const hits = [
      { value: 'b', count: 2 },
      { value: 'a', count: 1 },
      { value: 7, count: 1 },
      { value: 'gone', count: 0 },
    ];
    answerWith(indexed, ok({ hits }), ok({ count: 4 }));
    expect(await storeAt().census()).toEqual({
      corpora: [
        { corpus: 'a', count: 1 },
        { corpus: 'b', count: 2 },
      ],
      unowned: 4,
    });
    expect(seen).toHaveLength(3);
    expect(seen[1]).toMatchObject({
      request: `POST ${BASE}/collections/books/facet`,
      body: { key: 'corpus', limit: 1000, exact: true },
    });
    expect(seen[2]).toMatchObject({
      request: `POST ${BASE}/collections/books/points/count`,
      body: { exact: true, filter: { must_not: [{ key: 'corpus', match: { any: ['b', 'a'] } }] } },
    });
  });

  const first = { id: 1, payload: { corpus: 'a' } };
  const second = { id: 2, payload: {} };
  const pages: Answer[] = [ok({ points: [first], next_page_offset: 2 }), ok({ points: [second] })];
  const counted = { corpora: [{ corpus: 'a', count: 1 }], unowned: 1 };

  it.each([
    ['no index', {}],
    ['an index of another type', { corpus: { data_type: 'uuid', points: 1 } }],
  ])('a census scans every point, without a filter, when the field corpus has %s', async (_title, schema) => {
    answerWith(info(vectors, schema), ...pages);
    expect(await storeAt().census()).toEqual(counted);
    expect(seen.map(({ request }) => request)).toEqual([
      `GET ${BASE}/collections/books`,
      `POST ${BASE}/collections/books/points/scroll`,
      `POST ${BASE}/collections/books/points/scroll`,
    ]);
    expect(seen[1]?.body).toEqual({ limit: 1000, with_payload: ['corpus'], with_vector: false });
  });

  it('a census scans every point when there may be more corpora than one answer has', async () => {
    const hits = Array.from({ length: 1000 }, (_, index) => ({ value: `corpus-${index}`, count: 1 }));
    answerWith(indexed, ok({ hits }), ...pages);
    expect(await storeAt().census()).toEqual(counted);
  });
});

describe('ensure', () => {
  const spec = { dimensions: 2, indexes: {} };
  const vectors = { size: 2, distance: 'Cosine' };

  it('ensure creates a collection that does not exist', async () => {
    answerWith(absent, ok(true), info(vectors));
    await storeAt().ensure(spec);
    expect(seen[1]).toMatchObject({ request: `PUT ${BASE}/collections/books`, body: { vectors } });
  });

  it('ensure checks the collection that another run created in the meantime', async () => {
    const taken = refusal(409, 'Wrong input: Collection `books` already exists!');
    answerWith(absent, taken, info(vectors));
    const { ensure, waitsMs } = storeAt();
    await ensure(spec);
    expect(seen.filter(({ request }) => request.startsWith('PUT'))).toHaveLength(1);
    expect(waitsMs).toEqual([]);
    seen = [];
    server.resetHandlers();
    answerWith(absent, taken, info({ size: 3, distance: 'Cosine' }));
    expect(await failureOf(storeAt().ensure(spec))).toMatchObject({ code: 'model-mismatch' });
  });

  it('ensure creates the payload indexes that are missing, and no others', async () => {
    answerWith(
      info(vectors),
      info(vectors, { corpus: { data_type: 'keyword', points: 0 } }),
      ok({ operation_id: 1, status: 'completed' }),
    );
    await storeAt().ensure({ dimensions: 2, indexes: { corpus: 'keyword', created_at: 'datetime' } });
    expect(seen.slice(2)).toMatchObject([
      {
        request: `PUT ${BASE}/collections/books/index?wait=true`,
        body: { field_name: 'created_at', field_schema: 'datetime' },
      },
    ]);
  });

  it.each([
    ['other dimensions', { size: 1536, distance: 'Cosine' }, /1536 dimensions with Cosine.* 2 dimensions/],
    ['another distance', { size: 2, distance: 'Dot' }, /2 dimensions with Dot.* 2 dimensions with Cosine/],
    ['named vectors', { text: { size: 2, distance: 'Cosine' } }, /named, sparse or multiple vectors.* 2 dimensions/],
  ])(
    'ensure refuses a collection with %s, names what it has and needs, and writes nothing',
    async (_title, found, message) => {
      answerWith(info(found));
      const error = await failureOf(storeAt().ensure(spec));
      expect(error).toMatchObject({ code: 'model-mismatch', disposition: 'abort' });
      expect(error.message).toMatch(message);
      expect(seen.map(({ request }) => request.split(' ')[0])).toEqual(['GET']);
    },
  );
});
