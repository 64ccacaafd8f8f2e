import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';

import OpenAI, { APIError } from 'openai';
import { afterAll, afterEach, describe, expect, it } from 'vitest';

import { countEmbeddedTokens } from './count-embedded-tokens.ts';
import { EMBEDDED_DIMENSIONS, EMBEDDED_INPUT_TOKENS_MAX, EMBEDDED_MODEL } from './embedded-model.ts';
import { createEmbeddedOpenAi } from './embedded-openai.ts';

const FOX = 'The quick brown fox jumps over the lazy dog.';

const embedded = createEmbeddedOpenAi();
const client = new OpenAI({
  fetch: embedded.fetch,
  baseURL: 'http://embedded.invalid/v1',
  apiKey: 'embedded',
  maxRetries: 0,
});

afterAll(() => embedded.close());

async function embed(input: string | string[]) {
  return (await client.embeddings.create({ model: EMBEDDED_MODEL, input })).data.map(({ embedding }) => embedding);
}

/** Posts a body that the types of the client do not allow. */
async function post(body: unknown) {
  const init = { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) };
  const response = await embedded.fetch('http://embedded.invalid/v1/embeddings', init);
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
}

const lengthOf = (vector: readonly number[]): number => Math.hypot(...vector);
const cosineOf = (one: readonly number[], other: readonly number[]): number =>
  one.reduce((sum, value, index) => sum + value * (other[index] ?? Number.NaN), 0);

describe('embeddings through the official client', { timeout: 60_000 }, () => {
  it('a text has the vector of the reference implementation, with length 1', async () => {
    const [vector = []] = await embed(FOX);
    expect(vector).toHaveLength(EMBEDDED_DIMENSIONS);
    // Python's sentence-transformers gives 0.0439 for this text (transformers.js, issue 36, read 2026-11-21).
    expect(vector[0]).toBeCloseTo(0.04396, 4);
    expect(lengthOf(vector)).toBeCloseTo(1, 5);
  });

  it('texts with similar meaning have similar vectors', async () => {
    const [question = [], answer = [], other = []] = await embed([
      'How do I get my money back?',
      'Refunds are paid within five days.',
      'Whales are mammals.',
    ]);
    expect(cosineOf(question, answer)).toBeGreaterThan(cosineOf(question, other) + 0.2);
  });

  it('a text has the same vector bit for bit whatever texts are sent with it, in input order', async () => {
    const [alone] = await embed(FOX);
    // More texts than one batch of the engine, of different lengths.
    const texts = Array.from({ length: 18 }, (_, index) => (index % 6 === 5 ? FOX : 'ab '.repeat(index + 1)));
    const together = await embed(texts);
    expect(together).toHaveLength(18);
    expect([together[5], together[11], together[17]]).toEqual([alone, alone, alone]);
    expect((await embed(texts[8] ?? ''))[0]).toEqual(together[8]);
  });

  it('requests at the same time are each answered with their own vectors', async () => {
    const texts = ['one', 'two', 'three', 'four'];
    const answers = await Promise.all(texts.map(embed));
    expect(answers.map(([vector]) => vector)).toEqual(await embed(texts));
  });

  it('base64 and floats have the same numbers, and an answer has the count of tokens', async () => {
    const asFloats = await post({ model: EMBEDDED_MODEL, input: FOX, encoding_format: 'float' });
    const asBase64 = await post({ model: EMBEDDED_MODEL, input: FOX, encoding_format: 'base64', dimensions: 384 });
    const [vector] = await embed(FOX);
    expect(asFloats.answer).toEqual({
      object: 'list',
      model: EMBEDDED_MODEL,
      data: [{ object: 'embedding', index: 0, embedding: vector }],
      usage: { prompt_tokens: 12, total_tokens: 12 },
    });
    const [item] = asBase64.answer['data'] as { embedding: string }[];
    const bytes = Buffer.from(item?.embedding ?? '', 'base64');
    expect(bytes).toHaveLength(EMBEDDED_DIMENSIONS * 4);
    expect(Array.from({ length: EMBEDDED_DIMENSIONS }, (_, index) => bytes.readFloatLE(4 * index))).toEqual(vector);
  });

  it('a text with the most tokens is embedded up to its last word', async () => {
    const longest = 'word '.repeat(EMBEDDED_INPUT_TOKENS_MAX - 3);
    expect(countEmbeddedTokens(`${longest}whale`)).toBe(EMBEDDED_INPUT_TOKENS_MAX);
    const [whale, tiger] = await embed([`${longest}whale`, `${longest}tiger`]);
    expect(whale).not.toEqual(tiger);
  });

  it('a text with too many tokens is refused with its index, its tokens and the limit', async () => {
    const error: unknown = await embed(['short', 'word '.repeat(EMBEDDED_INPUT_TOKENS_MAX - 1)]).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ status: 400, type: 'invalid_request_error', param: 'input' });
    expect(String(error)).toMatch(/input 1 .*257.*256/i);
  });

  it('the list of models has the one embedded model', async () => {
    const models = (await client.models.list()).data.map(({ id }) => id);
    expect(models).toEqual([EMBEDDED_MODEL]);
    expect(await client.models.retrieve(EMBEDDED_MODEL)).toMatchObject({ id: EMBEDDED_MODEL, object: 'model' });
  });

  it.each<[title: string, status: number, code: string | null, body: unknown]>([
    ['another model', 404, 'model_not_found', { model: 'text-embedding-3-small', input: 'x' }],
    ['a body without a model', 404, 'model_not_found', { input: 'x' }],
    ['a body that is not JSON', 400, null, '{'],
    ['a body that is not an object', 400, null, ['x']],
    ['no input', 400, null, { model: EMBEDDED_MODEL }],
    ['an empty list', 400, null, { model: EMBEDDED_MODEL, input: [] }],
    ['an empty text', 400, null, { model: EMBEDDED_MODEL, input: ['x', ''] }],
    ['tokens instead of text', 400, null, { model: EMBEDDED_MODEL, input: [101, 102] }],
    ['lists of tokens', 400, null, { model: EMBEDDED_MODEL, input: [[101, 102]] }],
    ['more texts than OpenAI takes', 400, null, { model: EMBEDDED_MODEL, input: Array(2049).fill('x') }],
    ['other dimensions', 400, null, { model: EMBEDDED_MODEL, input: 'x', dimensions: 1536 }],
    ['another encoding', 400, null, { model: EMBEDDED_MODEL, input: 'x', encoding_format: 'hex' }],
    ['an unknown key', 400, null, { model: EMBEDDED_MODEL, input: 'x', truncate: true }],
  ])('a request with %s is refused with status %d', async (_title, status, code, body) => {
    const refusal = await post(body);
    expect(refusal.status).toBe(status);
    expect(refusal.answer['error']).toMatchObject({
      message: expect.stringMatching(/./),
      type: 'invalid_request_error',
      code,
    });
  });

  it.each([
    ['GET', '/v1/embeddings'],
    ['POST', '/v1/chat/completions'],
    ['POST', '/embeddings'],
  ])('the endpoint %s %s is answered with 404', async (method, path) => {
    expect((await embedded.fetch(`http://embedded.invalid${path}`, { method })).status).toBe(404);
  });

  it('an aborted request rejects with the reason, and later requests are answered', async () => {
    const abort = new AbortController();
    const reason = new Error('enough');
    const body = JSON.stringify({ model: EMBEDDED_MODEL, input: Array.from({ length: 40 }, () => FOX) });
    const init = { method: 'POST', body, signal: abort.signal };
    const pending = embedded.fetch('http://embedded.invalid/v1/embeddings', init);
    setImmediate(() => abort.abort(reason));
    await expect(pending).rejects.toBe(reason);
    expect(await embed('x')).toHaveLength(1);
  });
});

describe('createEmbeddedOpenAi', { timeout: 60_000 }, () => {
  const children: ChildProcess[] = [];

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  /** Runs `body`, which may use `embedded` and `embed(text)`, in a process of its own. */
  async function exitOf(body: string) {
    const script = `
      const { createEmbeddedOpenAi } = await import(${JSON.stringify(new URL('./embedded-openai.ts', import.meta.url).href)});
      const embedded = createEmbeddedOpenAi();
      const embed = async (input) => (await embedded.fetch('http://embedded.invalid/v1/embeddings', {
        method: 'POST', body: JSON.stringify({ model: ${JSON.stringify(EMBEDDED_MODEL)}, input }),
      })).status;
      ${body}`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit', env: {} });
    children.push(child);
    return (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  }

  it('a process stays alive until its requests are answered, and then ends without close', async () => {
    expect(
      await exitOf(`process.exitCode = (await embed('x')) === 200 && (await embed('y')) === 200 ? 7 : 1;`),
    ).toEqual([7, null]);
  });

  it('a process that made no request ends by itself', async () => {
    expect(await exitOf('')).toEqual([0, null]);
  });

  it('close fails pending requests, and a later request starts the model again', async () => {
    const own = createEmbeddedOpenAi();
    const ask = async () => {
      const body = JSON.stringify({ model: EMBEDDED_MODEL, input: FOX });
      return (await own.fetch('http://embedded.invalid/v1/embeddings', { method: 'POST', body })).status;
    };
    const cut = ask();
    await new Promise((resolve) => setImmediate(resolve));
    await own.close();
    expect(await cut).toBe(500);
    expect(await ask()).toBe(200);
    await own.close();
    await own.close();
  });
});
