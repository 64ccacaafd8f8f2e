import { beforeEach, describe, expect, it } from 'vitest';
import { SILENT } from '@lockstep/model';
import { SLICE_CHUNKS } from '@lockstep/routes';
import { createCorpusRig, NO_COSTS, type CorpusRig } from '@lockstep/testing-runs';
import { createRoutes } from './create-routes.ts';

const TOKEN = 'a-token-of-this-test';
const ORIGIN = 'https://app.example.com';
const CHUNKS = [
  { id: 'a', text: 'first', page_number: 1, tag: 'x' },
  { id: 'b', text: 'second', page_number: 2 },
  { id: 'c', text: 'third', page_number: 3 },
];

let rig: CorpusRig;

beforeEach(() => {
  rig = createCorpusRig({ payload: ['page_number'] });
});

interface Sent {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly origins?: readonly string[];
  readonly corpus?: string | undefined;
}

async function send(path: string, sent: Sent = {}): Promise<Response> {
  const { method = 'GET', body, headers, origins = [], corpus = 'books' } = sent;
  const routes = createRoutes({
    services: rig,
    token: TOKEN,
    corpus: 'corpus' in sent ? sent.corpus : corpus,
    payload: ['page_number'],
    origins,
    questionUnit: 'bytes',
    logger: SILENT,
  });
  return routes.fetch(
    new Request(`https://edge.example.com${path}`, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    }),
  );
}

async function answer(path: string, sent: Sent = {}): Promise<Record<string, unknown> & { status: number }> {
  const response = await send(path, sent);
  return { status: response.status, ...((await response.json()) as object) };
}

const put = (chunks: unknown, more: object = {}) => answer('/chunks', { method: 'POST', body: { chunks, ...more } });
const remove = (ids: unknown) => answer('/chunks', { method: 'DELETE', body: { ids } });

describe('authentication', () => {
  it.each<[what: string, headers: Record<string, string>, found: string]>([
    ['no token', { authorization: '' }, 'another scheme'],
    ['another token', { authorization: 'Bearer another-token-here' }, 'another token'],
    ['the beginning of the token', { authorization: `Bearer ${TOKEN.slice(0, -1)}` }, 'another token'],
    ['another scheme', { authorization: `Basic ${TOKEN}` }, 'another scheme'],
  ])('refuses %s on every path, and asks no service', async (_what, headers, found) => {
    for (const path of ['/search?q=first', '/verify', '/chunks', '/none']) {
      const { status, ok, error } = await answer(path, { headers });
      expect({ status, ok, error }).toMatchObject({ status: 401, ok: false, error: { code: 'not-authenticated' } });
      expect(JSON.stringify(error)).toContain(found);
      expect(JSON.stringify(error)).not.toContain(TOKEN.slice(0, 8));
    }
    expect([rig.vectors.cost.calls, rig.rows.cost.calls]).toEqual([0, 0]);
  });

  it('says which scheme it wants', async () => {
    expect((await send('/verify', { headers: { authorization: '' } })).headers.get('www-authenticate')).toBe('Bearer');
  });
});

describe('origins', () => {
  const question = { method: 'OPTIONS', headers: { origin: ORIGIN, 'access-control-request-method': 'GET' } };

  it('allows no page of another origin by default', async () => {
    const response = await send('/verify', { headers: { origin: ORIGIN } });
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect((await send('/search', question)).headers.get('access-control-allow-origin')).toBeNull();
  });

  it('allows the origins that are named, and no others', async () => {
    const origins = [ORIGIN];
    expect((await send('/search', { ...question, origins })).headers.get('access-control-allow-origin')).toBe(ORIGIN);
    const response = await send('/verify', { headers: { origin: 'https://other.example.com' }, origins });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('GET /search', () => {
  it('gives chunks as their rows have them, and counts hits that were dropped', async () => {
    await put(CHUNKS);
    const [row] = [...rig.rows.table.values()].filter(({ chunkId }) => chunkId === 'b');
    rig.rows.table.delete(row?.pointId as string);
    const { results, ...others } = await answer('/search?q=first&limit=3');
    expect(others).toEqual({ status: 200, ok: true, question: 'first', dropped: 1 });
    expect((results as object[])[0]).toEqual({
      score: expect.closeTo(1, 5) as number,
      corpus: 'books',
      chunk_id: 'a',
      document_id: null,
      chapter_title: null,
      page_number: 1,
      text: 'first',
      created_at: null,
      metadata: { tag: 'x' },
    });
  });

  it('shows point and row behind each hit, and why a point is no hit, where details are asked for', async () => {
    await put(CHUNKS);
    const rows = [...rig.rows.table.values()];
    const [first, second, third] = ['a', 'b', 'c'].map((id) => rows.find(({ chunkId }) => chunkId === id));
    rig.rows.table.delete(second?.pointId as string);
    (third as { contentHash: string }).contentHash = 'newer';
    const { results, dropped, droppedPoints } = await answer('/search?q=first&details=true');
    expect(results).toMatchObject([
      {
        chunk_id: 'a',
        point: { point_id: first?.pointId, payload: { content_hash: first?.contentHash, page_number: 1 } },
        row: { content_hash: first?.contentHash, embedding_key: first?.embeddingKey },
      },
    ]);
    expect(dropped).toBe(2);
    expect(droppedPoints).toHaveLength(2);
    expect(droppedPoints).toContainEqual({
      score: expect.any(Number) as number,
      reason: 'no-row',
      point: expect.objectContaining({ point_id: second?.pointId }) as object,
      row: null,
      chunk: null,
    });
    expect(droppedPoints).toContainEqual(
      expect.objectContaining({
        reason: 'other-content',
        row: expect.objectContaining({ content_hash: 'newer' }) as object,
        chunk: expect.objectContaining({ text: 'third' }) as object,
      }),
    );
  });

  it('takes a filter as JSON', async () => {
    await put(CHUNKS);
    const filter = encodeURIComponent(JSON.stringify({ page_number: { gte: 3 } }));
    const { results } = await answer(`/search?q=first&filter=${filter}`);
    expect(results).toMatchObject([{ chunk_id: 'c' }]);
  });

  it('searches another corpus where the request names one, and all where nothing names one', async () => {
    await put(CHUNKS);
    await put([{ id: 'z', text: 'first' }], { corpus: 'films' });
    expect((await answer('/search?q=first&limit=1&corpus=films'))['results']).toMatchObject([{ corpus: 'films' }]);
    const { results } = await answer('/search?q=first&limit=9', { corpus: undefined });
    expect(results).toHaveLength(4);
  });

  it('says which corpora there are where it finds nothing', async () => {
    await put(CHUNKS);
    expect(await answer('/search?q=first&corpus=boks')).toMatchObject({ results: [], stored: ['books'] });
  });

  it.each([
    ['/search', 400, 'option-invalid', 'expected one, found none'],
    ['/search?q=', 400, 'option-invalid', 'expected one, found none'],
    ['/search?q=x&limit=0', 400, 'option-invalid', 'from 1 to 100'],
    ['/search?q=x&limit=many', 400, 'option-invalid', 'from 1 to 100'],
    ['/search?q=x&q=y', 400, 'request-invalid', 'The parameter q: expected it once'],
    ['/search?q=x&page=1', 400, 'request-invalid', 'The parameter \\"page\\": expected one of q, limit'],
    ['/search?q=x&details=yes', 400, 'request-invalid', 'details: expected true'],
    ['/search?q=x&filter={', 400, 'request-invalid', 'filter: expected JSON'],
    ['/search?q=x&filter={"page_number":null}', 400, 'option-invalid', 'page_number'],
    ['/search?q=x&corpus=My%20Notes', 400, 'request-invalid', 'corpus: expected 1 to 64'],
    [`/search?q=${'x'.repeat(300)}`, 413, 'request-too-large', 'at most 256 bytes, found 300'],
    ['/verify?cursor=1', 400, 'request-invalid', 'cursor: expected that of an earlier reply'],
    ['/none', 404, 'route-unknown', 'expected GET /search'],
    ['/chunks', 404, 'route-unknown', 'There is no GET /chunks'],
  ])('refuses %s with %i before it asks a service', async (path, status, code, message) => {
    const reply = await answer(path);
    expect(reply).toMatchObject({ status, ok: false, error: { code } });
    expect(JSON.stringify(reply['error'])).toContain(message);
    expect(reply['error']).toHaveProperty('advice');
    expect([rig.vectors.cost.calls, rig.rows.cost.calls, rig.embedder.seen.requests]).toEqual([0, 0, 0]);
  });
});

describe('POST /chunks', () => {
  it('writes chunks to both stores, and costs nothing when it is repeated', async () => {
    expect(await put(CHUNKS)).toMatchObject({ status: 200, ok: true, written: { qdrant: 3, neon: 3 }, embedded: 3 });
    rig.forgetCosts();
    expect(await put(CHUNKS)).toMatchObject({ status: 200, unchanged: 3, written: { qdrant: 0, neon: 0 }, tokens: 0 });
    expect(rig.costs()).toEqual(NO_COSTS);
    expect(await answer('/verify')).toMatchObject({ ok: true, compared: 3, differences: [], cursor: null });
  });

  it('refuses a corpus that is loaded from an input with 409', async () => {
    await rig.run(CHUNKS);
    expect(await put([{ id: 'd', text: 'new' }])).toMatchObject({ status: 409, error: { code: 'corpus-loaded' } });
    expect(await remove(['a'])).toMatchObject({ status: 409, error: { code: 'corpus-loaded' } });
    expect(rig.rows.table.size).toBe(3);
  });

  it.each<[what: string, body: unknown, status: number, message: string]>([
    ['nothing', '', 400, 'expected JSON, found nothing'],
    ['no JSON', '{', 400, 'expected JSON'],
    ['a list', [], 400, 'expected an object with'],
    ['another field', { chunks: CHUNKS, chunk: 1 }, 400, '\\"chunk\\": expected no field but'],
    ['no records', { chunks: [] }, 400, 'a list of at least one record'],
    [
      'too many records',
      { chunks: Array.from({ length: 101 }, () => CHUNKS[0]) },
      413,
      'at most 100 records, found 101',
    ],
    ['a record without a text', { chunks: [CHUNKS[0], { id: 'd' }] }, 400, 'chunks[1] (\\"d\\").text: has no text'],
    ['a record without an id', { chunks: [{ text: 'x' }] }, 400, 'chunks[0].chunk_id: '],
    [
      'a page that is no number',
      { chunks: [{ id: 'd', text: 'x', page_number: 'ii' }] },
      400,
      '.page_number: expected',
    ],
    ['an id twice', { chunks: [CHUNKS[0], CHUNKS[0]] }, 400, 'chunks[1] (\\"a\\").id: expected each id once'],
    ['a text that is too long', { chunks: [{ id: 'd', text: 'x '.repeat(300) }] }, 413, 'at most 256 bytes, found 600'],
    ['a corpus that cannot be', { chunks: CHUNKS, corpus: '../x' }, 400, 'corpus: expected 1 to 64'],
    ['a body that is too large', 'x'.repeat(1_048_577), 413, 'at most 1048576 bytes'],
  ])('refuses %s, and writes nothing', async (_what, body, status, message) => {
    const reply = await answer('/chunks', { method: 'POST', body });
    expect(reply).toMatchObject({ status, ok: false });
    expect(JSON.stringify(reply['error'])).toContain(message);
    expect(rig.costs()).toEqual(NO_COSTS);
  });

  it('refuses a body that is not UTF-8, which would change a text', async () => {
    const routes = createRoutes({
      services: rig,
      token: TOKEN,
      corpus: 'books',
      payload: [],
      origins: [],
      questionUnit: 'bytes',
      logger: SILENT,
    });
    const body = Uint8Array.from([
      ...new TextEncoder().encode('{"chunks":[{"id":"a","text":"'),
      0xe9,
      0x22,
      0x7d,
      0x5d,
      0x7d,
    ]);
    const headers = { authorization: `Bearer ${TOKEN}` };
    const reply = await routes.fetch(new Request('https://edge.example.com/chunks', { method: 'POST', body, headers }));
    expect([reply.status, await reply.text()]).toEqual([400, expect.stringContaining('expected UTF-8')]);
  });

  it('needs a corpus by name where the server has none', async () => {
    const reply = await answer('/chunks', { method: 'POST', body: { chunks: CHUNKS }, corpus: undefined });
    expect(reply).toMatchObject({
      status: 400,
      error: { message: expect.stringContaining('name of a corpus') as string },
    });
  });

  it('shows nothing of an error that it does not know', async () => {
    rig.rows.rows = () => Promise.reject(new Error('password neon-secret of the driver'));
    const reply = await put(CHUNKS);
    expect(reply).toMatchObject({ status: 500, error: { code: 'invariant' } });
    expect(JSON.stringify(reply)).not.toMatch(/neon-secret|stack/);
  });
});

describe('DELETE /chunks', () => {
  it('deletes by ids from both stores', async () => {
    await put(CHUNKS);
    expect(await remove(['a', 'a', 'never'])).toMatchObject({
      status: 200,
      ok: true,
      chunks: 2,
      absent: 1,
      deleted: { qdrant: 1, neon: 1 },
    });
    expect(await answer('/verify')).toMatchObject({ ok: true, compared: 2 });
  });

  it.each<[ids: unknown, status: number]>([
    [[], 400],
    ['a', 400],
    [[7], 400],
    [[''], 400],
    [Array.from({ length: 101 }, (_, at) => String(at)), 413],
  ])('refuses ids that cannot be', async (ids, status) => {
    expect(await remove(ids)).toMatchObject({ status, ok: false });
  });
});

describe('GET /verify', () => {
  it('names what differs, and leads from slice to slice', async () => {
    for (let at = 0; at < SLICE_CHUNKS + 1; at += 100) {
      await put(Array.from({ length: 100 }, (_, index) => ({ id: `c${at + index}`, text: `text ${at + index}` })));
    }
    const [lost] = [...rig.rows.table.values()].toSorted((a, b) => (a.pointId < b.pointId ? 1 : -1));
    rig.vectors.collection?.points.delete(lost?.pointId as string);
    const first = await answer('/verify');
    expect(first).toMatchObject({ ok: true, compared: SLICE_CHUNKS });
    const second = await answer(`/verify?cursor=${String(first['cursor'])}`);
    expect(second).toMatchObject({
      status: 200,
      ok: false,
      compared: 100,
      cursor: null,
      differences: [{ store: 'qdrant', kind: 'missing', chunk_id: lost?.chunkId }],
    });
  });
});
