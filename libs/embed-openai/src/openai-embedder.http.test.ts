import { delay, http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createInstantGuard, failureOf, allTextOf } from '@lockstep/testing-ports';
import { countCl100kTokens } from './count-tokens.ts';
import { createOpenAiEmbedder, type OpenAiEmbedderOptions } from './openai-embedder.ts';

const KEY = 'sk-verysecretkey0123456789';
const TEXTS = ['first private text', 'second private text'];
const URL_ = 'https://api.openai.com/v1/embeddings';
const server = setupServer();

interface Seen {
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}
let seen: Seen[];

beforeAll(() => server.listen({ onUnhandledFrame: 'error' }));
beforeEach(() => {
  seen = [];
});
afterEach(() => {
  server.resetHandlers();
  vi.unstubAllEnvs();
});
afterAll(() => server.close());

const base64 = (...numbers: number[]): string => Buffer.from(Float32Array.from(numbers).buffer).toString('base64');
const good = () =>
  HttpResponse.json({
    object: 'list',
    model: 'text-embedding-3-small',
    data: [
      { object: 'embedding', index: 1, embedding: base64(0, 1) },
      { object: 'embedding', index: 0, embedding: base64(1, 0) },
    ],
    usage: { prompt_tokens: 6, total_tokens: 6 },
  });

/** Answers each request with the next answer, and the last one from then on. */
function answerWith(answers: readonly (() => Response | Promise<Response>)[], url = URL_): void {
  server.use(
    http.post(url, async ({ request }) => {
      seen.push({ body: (await request.json()) as Record<string, unknown>, headers: request.headers });
      return (answers[Math.min(seen.length, answers.length) - 1] as () => Response)();
    }),
  );
}

const refusal =
  (status: number, error: Record<string, unknown>, headers: Record<string, string> = {}) =>
  () =>
    HttpResponse.json(
      { error },
      { status, headers: { 'x-request-id': 'req_1', 'set-cookie': 'session=c00kie', ...headers } },
    );

function embedder(options: Partial<OpenAiEmbedderOptions> = {}) {
  const { guard, waitsMs } = createInstantGuard('openai');
  const created = createOpenAiEmbedder({
    apiKey: KEY,
    model: 'text-embedding-3-small',
    dimensions: 2,
    guard,
    timeoutMs: 10_000,
    ...options,
  });
  return { ...created, waitsMs, guard };
}

/** Fails a call for two texts, and checks that the failure reveals no secret and no text. */
async function fail(options: Partial<OpenAiEmbedderOptions> = {}) {
  const { embed, waitsMs } = embedder(options);
  const error = await failureOf(embed(TEXTS));
  const text = allTextOf(error);
  for (const secret of [KEY, KEY.slice(3, 15), 'private', 'c00kie']) expect(text).not.toContain(secret);
  return { error, waitsMs };
}

describe('a request', () => {
  it('a request holds the texts, the model and the key, and returns vectors in input order with the tokens', async () => {
    answerWith([good]);
    const { vectors, tokens } = await embedder({ dimensions: 2 }).embed(TEXTS);
    expect(vectors).toEqual([Float32Array.from([1, 0]), Float32Array.from([0, 1])]);
    expect(tokens).toBe(6);
    expect(seen[0]?.body).toMatchObject({ model: 'text-embedding-3-small', input: TEXTS, encoding_format: 'base64' });
    expect(seen[0]?.headers.get('authorization')).toBe(`Bearer ${KEY}`);
  });

  it('a request names dimensions only where they are not those of the model', async () => {
    const wide = () => HttpResponse.json({ data: [{ index: 0, embedding: Array.from({ length: 1536 }, () => 0.5) }] });
    answerWith([wide, () => HttpResponse.json({ data: [{ index: 0, embedding: [1, 0] }] })]);
    await embedder({ dimensions: 1536 }).embed(['a']);
    await embedder({ dimensions: 2 }).embed(['a']);
    expect(seen.map(({ body }) => body['dimensions'])).toEqual([undefined, 2]);
    expect(Object.keys(seen[0]?.body ?? {})).not.toContain('dimensions');
  });

  it('a request goes to the configured base URL, whose host is part of the identity, and takes vectors as numbers', async () => {
    answerWith(
      [() => HttpResponse.json({ data: [{ index: 0, embedding: [1, 0] }] })],
      'http://llm.test:8080/api/embeddings',
    );
    const other = embedder({ baseUrl: 'http://llm.test:8080/api', model: 'bge-m3' });
    expect(await other.embed(['a'])).toEqual({ vectors: [Float32Array.from([1, 0])], tokens: 0 });
    expect(other.identity).toEqual({ model: 'bge-m3', host: 'llm.test:8080', dimensions: 2 });
    expect(embedder().identity.host).toBeNull();
    expect(embedder({ baseUrl: 'https://api.openai.com/v1' }).identity.host).toBeNull();
    expect(embedder({ baseUrl: 'http://llm.test', hostIdentity: null }).identity.host).toBeNull();
  });

  it('the client reads nothing from the environment', async () => {
    for (const name of ['OPENAI_ORG_ID', 'OPENAI_PROJECT_ID', 'OPENAI_API_KEY', 'OPENAI_ADMIN_KEY']) {
      vi.stubEnv(name, 'from-elsewhere');
    }
    vi.stubEnv('OPENAI_CUSTOM_HEADERS', 'x-gateway-key: from-elsewhere');
    vi.stubEnv('OPENAI_BASE_URL', 'https://elsewhere.test/v1');
    answerWith([good]);
    await embedder().embed(TEXTS);
    expect([...(seen[0]?.headers ?? [])].flat().join(' ')).not.toContain('from-elsewhere');
  });
});

describe('an invalid reply with status 200', () => {
  it.each<[title: string, answer: () => Response]>([
    ['a page of a proxy', () => HttpResponse.html('<html>first private text</html>')],
    ['JSON that is cut', () => new HttpResponse('{"data":[{"ind', { headers: { 'content-type': 'application/json' } })],
    ['one vector for two texts', () => HttpResponse.json({ data: [{ index: 0, embedding: base64(1, 0) }] })],
    [
      'the same index twice',
      () => HttpResponse.json({ data: [0, 0].map((index) => ({ index, embedding: base64(1, 0) })) }),
    ],
    [
      'a vector of zeros',
      () => HttpResponse.json({ data: [0, 1].map((index) => ({ index, embedding: base64(0, 0) })) }),
    ],
    [
      'a vector with NaN',
      () => HttpResponse.json({ data: [0, 1].map((index) => ({ index, embedding: base64(1, Number.NaN) })) }),
    ],
  ])('an invalid reply with status 200 is tried again, by the guard alone: %s', async (_title, answer) => {
    answerWith([answer, good]);
    expect((await embedder().embed(TEXTS)).vectors).toHaveLength(2);
    expect(seen).toHaveLength(2);
    answerWith([answer]);
    seen = [];
    const { error } = await fail();
    expect(['response-invalid', 'service-unavailable']).toContain(error.code);
    expect(error.details).toMatchObject({ possiblyPaid: true });
    expect(seen).toHaveLength(3);
  });

  it('a reply whose vectors have other dimensions ends the call at once', async () => {
    answerWith([good]);
    const { error } = await fail({ dimensions: 3 });
    expect(error).toMatchObject({ code: 'response-invalid', details: { expected: 3, found: 2 } });
    expect(seen).toHaveLength(1);
  });
});

describe('a refusal', () => {
  const quoting = { message: `Incorrect API key provided: ${KEY}. Input: ${TEXTS.join()}`, param: null };

  it.each([401, 403])('a refusal with %i ends the call at once', async (status) => {
    answerWith([refusal(status, { ...quoting, type: 'invalid_request_error', code: 'invalid_api_key' })]);
    const { error } = await fail();
    expect(error).toMatchObject({
      code: 'unauthorized',
      disposition: 'abort',
      details: { status, vendorCode: 'invalid_api_key', requestId: 'req_1' },
    });
    expect(seen).toHaveLength(1);
  });

  it.each([400, 413, 422])('a refusal with %i rejects an input and is not tried again', async (status) => {
    answerWith([refusal(status, { ...quoting, type: 'invalid_request_error', code: null, param: 'input' })]);
    const { error } = await fail();
    expect(error).toMatchObject({
      code: 'request-refused',
      disposition: 'reject',
      details: { status, vendorCode: 'invalid_request_error', param: 'input' },
    });
    expect(seen).toHaveLength(1);
  });

  it.each(['model', 'dimensions'])(
    'a refusal of the configured %s ends the call at once, since no input is at fault',
    async (param) => {
      answerWith([refusal(400, { ...quoting, type: 'invalid_request_error', code: null, param })]);
      const { error } = await fail();
      expect(error).toMatchObject({ code: 'request-refused', disposition: 'abort' });
      expect(error.message).toContain(param);
      expect(seen).toHaveLength(1);
    },
  );

  it.each([
    [429, { code: 'insufficient_quota', type: 'other' }, 'quota-exhausted'],
    [429, { code: null, type: 'insufficient_quota' }, 'quota-exhausted'],
    [429, { code: 'project_spend_limit_exceeded', type: 'insufficient_quota' }, 'quota-exhausted'],
    [429, { code: 'credit_balance_exhausted', type: 'other' }, 'quota-exhausted'],
    [429, { code: 'organization_spend_limit_exceeded', type: 'other' }, 'quota-exhausted'],
    [429, { code: 'organization_usage_limit_exceeded', type: 'other' }, 'quota-exhausted'],
    [429, { code: 'billing_not_active', type: 'billing_not_active' }, 'quota-exhausted'],
    [429, { code: null, type: 'billing_not_active' }, 'quota-exhausted'],
    [400, { code: 'billing_hard_limit_reached', type: 'invalid_request_error' }, 'quota-exhausted'],
    [402, { code: null, type: 'other' }, 'quota-exhausted'],
    [429, { code: null, type: 'access_terminated' }, 'unauthorized'],
  ])(
    'a refusal with %i and %j, which waiting does not resolve, ends the call at once',
    async (status, vendorError, code) => {
      answerWith([refusal(status, { ...quoting, ...vendorError }, { 'retry-after': '1' })]);
      const { error } = await fail();
      expect(error).toMatchObject({ code, disposition: 'abort', details: { status } });
      expect(seen).toHaveLength(1);
    },
  );

  it.each([404, 405, 418])(
    'a refusal with %i, which has no more specific meaning, ends the call at once',
    async (status) => {
      answerWith([refusal(status, { ...quoting, code: 'model_not_found', type: 'x' })]);
      const { error } = await fail();
      expect(error).toMatchObject({ code: 'request-refused', disposition: 'abort' });
      expect(seen).toHaveLength(1);
    },
  );

  it.each([408, 409, 500, 502, 503, 504, 529])(
    'a refusal with %i is tried again, by the guard alone',
    async (status) => {
      answerWith([refusal(status, quoting), refusal(status, quoting), good]);
      expect((await embedder().embed(TEXTS)).tokens).toBe(6);
      expect(seen).toHaveLength(3);
      seen = [];
      answerWith([refusal(status, quoting)]);
      const { error, waitsMs } = await fail();
      expect(error).toMatchObject({ code: 'service-unavailable', details: { status } });
      expect(seen).toHaveLength(3);
      expect(waitsMs).toEqual([0.5, 1]);
    },
  );

  it('a refusal whose body is not JSON counts by its status', async () => {
    answerWith([() => HttpResponse.html('<h1>Bad gateway first private text</h1>', { status: 502 })]);
    const { error } = await fail();
    expect(error).toMatchObject({ code: 'service-unavailable', details: { status: 502, vendorCode: null } });
  });
});

describe('a rate limit', () => {
  it.each<[title: string, headers: Record<string, string>, least: number, most: number]>([
    ['seconds', { 'retry-after': '20' }, 20_000, 20_000],
    ['more seconds than the client would honour', { 'retry-after': '120' }, 120_000, 120_000],
    ['milliseconds, which are more exact', { 'retry-after-ms': '700', 'retry-after': '1' }, 700, 700],
    ['a date', { 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() }, 600_000, 600_000],
    ['a near date', { 'retry-after': new Date(Date.now() + 60_000).toUTCString() }, 40_000, 60_000],
    ['a date that has passed', { 'retry-after': new Date(0).toUTCString() }, 0.5, 0.5],
    ['no header', {}, 0.5, 0.5],
    ['an unreadable value', { 'retry-after': 'soon' }, 0.5, 0.5],
  ])('the wait after a rate limit follows Retry-After: %s', async (_title, headers, least, most) => {
    answerWith([refusal(429, { message: 'slow down', type: 'tokens', code: 'rate_limit_exceeded' }, headers), good]);
    const { embed, waitsMs } = embedder();
    await embed(TEXTS);
    expect(seen).toHaveLength(2);
    expect(waitsMs).toHaveLength(1);
    expect(waitsMs[0]).toBeGreaterThanOrEqual(least);
    expect(waitsMs[0]).toBeLessThanOrEqual(most);
  });

  it('a rate limit that does not end fails with its own code', async () => {
    answerWith([refusal(429, { message: `for ${KEY}`, type: 'tokens', code: 'rate_limit_exceeded' })]);
    const { error } = await fail();
    expect(error).toMatchObject({ code: 'rate-limited', details: { status: 429, vendorCode: 'rate_limit_exceeded' } });
    expect(seen).toHaveLength(3);
  });
});

describe('a connection', () => {
  it('a connection that fails is tried again', async () => {
    answerWith([() => HttpResponse.error(), good]);
    await embedder().embed(TEXTS);
    expect(seen).toHaveLength(2);
    seen = [];
    answerWith([() => HttpResponse.error()]);
    expect((await fail()).error.code).toBe('service-unavailable');
    expect(seen).toHaveLength(3);
  });

  it('a request without a reply in time is tried again, and counts as possibly paid', async () => {
    answerWith([
      async () => {
        await delay('infinite');
        return good();
      },
    ]);
    const { error } = await fail({ timeoutMs: 20 });
    expect(error).toMatchObject({ code: 'service-unavailable', details: { possiblyPaid: true } });
    expect(seen).toHaveLength(3);
  });

  it('a request ends at once when the caller stops, and is not tried again', async () => {
    const stop = new AbortController();
    answerWith([
      async () => {
        stop.abort(new Error('stopped by hand'));
        await delay('infinite');
        return good();
      },
    ]);
    await expect(embedder().embed(TEXTS, { signal: stop.signal })).rejects.toThrow('stopped by hand');
    expect(seen).toHaveLength(1);
  });
});

describe('describe', () => {
  const one = () => HttpResponse.json({ data: [{ index: 0, embedding: base64(1, 0) }] });

  it('describe embeds a word, as a true request does, and names the service', async () => {
    answerWith([one]);
    expect(await embedder().describe()).toEqual({ name: 'OpenAI', version: 'text-embedding-3-small' });
    answerWith([one], 'http://llm.test:8080/api/embeddings');
    const other = embedder({ baseUrl: 'http://llm.test:8080/api', model: 'bge-m3' });
    expect(await other.describe()).toEqual({ name: 'OpenAI-compatible at llm.test:8080', version: 'bge-m3' });
    expect(
      (await embedder({ baseUrl: 'http://llm.test:8080/api', model: 'bge-m3', serviceName: 'Mine' }).describe()).name,
    ).toBe('Mine');
  });

  it.each<[what: string, answer: () => Response | Promise<Response>, code: string]>([
    ['a bad key', refusal(401, { message: `bad ${KEY}` }), 'unauthorized'],
    ['a page of a proxy', () => HttpResponse.html('<h1>Log in</h1>'), 'response-invalid'],
    [
      'vectors of other dimensions',
      () => HttpResponse.json({ data: [{ index: 0, embedding: base64(1) }] }),
      'response-invalid',
    ],
  ])('describe fails with %s', async (_what, answer, code) => {
    answerWith([answer]);
    const error = await failureOf(embedder().describe());
    expect(error.code).toBe(code);
    expect(allTextOf(error)).not.toContain(KEY);
  });
});

it('a model that the service does not have is told with what to check', async () => {
  answerWith([refusal(404, { message: `no ${KEY}`, code: 'model_not_found', param: 'model' })]);
  const { error } = await fail();
  expect(error.code).toBe('request-refused');
  expect(error.message).toMatch(
    /^The embedding service at api\.openai\.com:443 answered 404 \(model_not_found\): .*--model, or "model" in corpus\.json.*OPENAI_BASE_URL/,
  );
  expect(seen).toHaveLength(1);
});

describe('the limits', () => {
  it('tokensOver is undefined for a text within the limit, and its token count otherwise', () => {
    const { tokensOver, inputTokensMax } = embedder();
    expect(inputTokensMax).toBe(8192);
    const words = (count: number): string => ' word'.repeat(count);
    expect(countCl100kTokens(words(8192))).toBe(8192);
    expect(tokensOver(words(8192))).toBeUndefined();
    expect(tokensOver(words(8193))).toBe(8193);
    expect(tokensOver('')).toBeUndefined();
    expect(tokensOver('日本語'.repeat(3_000))).toBe(countCl100kTokens('日本語'.repeat(3_000)));
    expect(tokensOver('日'.repeat(2730))).toBeUndefined();
  });

  it('countTokens counts any text, long or short, as OpenAI does', () => {
    const { countTokens } = embedder();
    expect(['', 'tiktoken is great!', ' word'.repeat(9_000)].map(countTokens)).toEqual([0, 6, 9_000]);
  });

  it('lower limits and another token count can be configured', () => {
    const { countTokens, tokensOver, pack, inputTokensMax } = embedder({
      limits: { inputTokensMax: 4, itemsMax: 2 },
      countTokens: (text) => text.split(' ').length,
    });
    expect(inputTokensMax).toBe(4);
    expect(countTokens('antidisestablishmentarianism a b c d')).toBe(5);
    expect(tokensOver('a b c d')).toBeUndefined();
    expect(tokensOver('a b c d e')).toBe(5);
    expect(pack(['a', 'b', 'c'])).toEqual([[0, 1], [2]]);
  });
});
