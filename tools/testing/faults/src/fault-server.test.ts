import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { countInputs, createStubOpenAiHandler } from './stub-openai-handler.ts';
import { stubVector } from '@lockstep/testing-ports';
import type { FaultRecord } from './fault-record.ts';
import type { Fault, FaultRule } from './fault-rule.ts';
import { startFaultServer, type FaultServer, type FaultServerOptions } from './fault-server.ts';
import { forwardTo } from './forward-to.ts';
import { createManualClock } from './manual-clock.ts';

/** The answer of the service. */
const ANSWER = JSON.stringify({ result: 'x'.repeat(80) });

let server: FaultServer;
/** Requests that reached the service. */
let handled: string[];
/** Requests that have ended, and a way to wait for the next. */
let ended: FaultRecord[];
let onEnd: () => void;

afterEach(() => server.close());

async function start(rules: readonly FaultRule[], options: Partial<FaultServerOptions> = {}): Promise<void> {
  handled = [];
  ended = [];
  server = await startFaultServer({
    async handler(request) {
      handled.push(`${request.method} ${new URL(request.url).pathname} ${await request.text()}`);
      return new Response(ANSWER, { headers: { 'content-type': 'application/json', 'x-own': 'kept' } });
    },
    rules,
    onEnd(record) {
      ended.push(record);
      onEnd();
    },
    ...options,
  });
}

/** The record of a request when it has ended. */
async function endOf(number: number): Promise<FaultRecord> {
  for (;;) {
    const record = ended.find((one) => one.number === number);
    if (record !== undefined) return record;
    await new Promise<void>((resolve) => (onEnd = resolve));
  }
}
onEnd = () => {};

const post = (init: RequestInit = {}): Promise<Response> =>
  fetch(`${server.url}/path?secret=1`, { method: 'POST', body: 'asked', ...init });

/** The failure of `fetch`: its message, and the code of the connection. */
async function failureOf(promise: Promise<unknown>): Promise<{ message: string; code: unknown }> {
  const error = await promise.then(
    () => expect.unreachable('expected a failure'),
    (reason: unknown) => reason as Error,
  );
  return { message: error.message, code: (error.cause as { code?: unknown } | undefined)?.code };
}

/** Waits until the server has seen what it should see. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

const strike = (fault: Fault, more: Partial<FaultRule> = {}): FaultRule[] => [{ fault, times: 1, ...more }];

it('requests and answers are passed on unchanged without a rule', async () => {
  await start([]);
  const response = await post();
  expect(response.headers.get('x-own')).toBe('kept');
  expect(await response.text()).toBe(ANSWER);
  expect(handled).toEqual(['POST /path asked']);
  expect(await endOf(1)).toMatchObject({ path: '/path', faults: [], worked: true, lost: false, end: 'answered' });
});

describe('at the socket', () => {
  it('a status replaces the answer as often as the rule says, and the work is not done', async () => {
    await start([{ fault: { status: 429, headers: { 'retry-after': '2' } }, times: 2 }]);
    const answers = [await post(), await post(), await post()];
    expect(answers.map(({ status }) => status)).toEqual([429, 429, 200]);
    expect(answers.map(({ headers }) => headers.get('retry-after'))).toEqual(['2', '2', null]);
    expect(handled).toHaveLength(1);
    expect(server.counts()).toEqual({ requests: 3, struck: 2, worked: 1, workedButFailed: 0 });
  });

  it('a status is sent with the body of the rule', async () => {
    await start(strike({ status: 429, body: { error: { code: 'insufficient_quota' } } }));
    expect(await (await post()).json()).toEqual({ error: { code: 'insufficient_quota' } });
  });

  it('a reset resets the connection, before the work or after it', async () => {
    await start([
      { nth: 1, fault: { reset: true } },
      { nth: 2, fault: { reset: true }, when: 'after' },
    ]);
    expect((await failureOf(post())).code).toBe('ECONNRESET');
    expect(handled).toHaveLength(0);
    expect((await failureOf(post())).code).toBe('ECONNRESET');
    expect(handled).toHaveLength(1);
    expect(await endOf(1)).toMatchObject({ end: 'reset', worked: false, lost: false, status: null });
    expect(await endOf(2)).toMatchObject({ end: 'reset', worked: true, lost: true, status: null });
  });

  it.each([
    [0.5, ANSWER.length / 2],
    [10, 10],
    [0, 0],
  ])('a cut at %d closes the connection after that part of the body', async (cut, bytes) => {
    await start(strike({ cut }));
    const raw = await rawAnswer();
    expect(raw.body).toBe(ANSWER.slice(0, Math.floor(bytes)));
    expect(raw.head).toContain(`content-length: ${ANSWER.length}`);
    expect(await endOf(1)).toMatchObject({ end: 'cut', status: 200, lost: true });
  });

  it('a cut makes the client fail with a terminated body', async () => {
    await start(strike({ cut: 0.5 }));
    const response = await post();
    expect(response.status).toBe(200);
    expect((await failureOf(response.text())).message).toBe('terminated');
  });

  it('a length that is too large gives a terminated body, and one that is too small a short body', async () => {
    await start([
      { nth: 1, fault: { wrongLength: 5 } },
      { nth: 2, fault: { wrongLength: -5 } },
    ]);
    expect((await failureOf((await post()).text())).message).toBe('terminated');
    expect(await (await post()).text()).toBe(ANSWER.slice(0, -5));
    expect(await endOf(1)).toMatchObject({ end: 'cut', lost: true });
  });

  it('the HTML page of a proxy is sent with status 200', async () => {
    await start(strike({ html200: true }));
    const response = await post();
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html']);
    expect(await response.text()).toMatch(/^<!DOCTYPE html>/);
    expect(handled).toHaveLength(0);
  });

  it('broken JSON is sent as a complete body', async () => {
    await start(strike({ brokenJson: true }));
    expect((await failureOf((await post()).json())).message).toMatch(/JSON/);
    expect(await endOf(1)).toMatchObject({ end: 'answered', worked: true, lost: true });
  });

  it('a stall before the headers sends nothing until the client disconnects', async () => {
    await start(strike({ stall: 'before-headers' }));
    const client = connect(Number(new URL(server.url).port), '127.0.0.1');
    client.write('POST /path HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n');
    await until(() => server.log[0]?.faults.length === 1);
    client.end();
    expect(await text(client)).toBe('');
    expect(await endOf(1)).toMatchObject({ end: 'client-gone', worked: false, status: null });
  });

  it('a stall after the headers sends the headers and no body', async () => {
    await start(strike({ stall: 'after-headers' }));
    const response = await post();
    expect(response.status).toBe(200);
    const body = response.text();
    await server.close();
    expect((await failureOf(body)).message).toBe('terminated');
    expect(await endOf(1)).toMatchObject({ end: 'reset', worked: true, lost: true, status: 200 });
  });

  it('a stall in the body sends half of it, and ends when the client disconnects', async () => {
    await start(strike({ stall: 'in-body' }));
    const client = new AbortController();
    const reader = ((await post({ signal: client.signal })).body as ReadableStream<Uint8Array>).getReader();
    const { value } = await reader.read();
    expect(new TextDecoder().decode(value)).toBe(ANSWER.slice(0, ANSWER.length / 2));
    const rest = failureOf(reader.read());
    client.abort();
    await rest;
    expect(await endOf(1)).toMatchObject({ end: 'client-gone', worked: true, lost: true });
  });

  /** The raw bytes that the server sends for one request. */
  async function rawAnswer(): Promise<{ head: string; body: string }> {
    const client = connect(Number(new URL(server.url).port), '127.0.0.1');
    client.write('POST /path HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n');
    const [head = '', body = ''] = (await text(client)).split('\r\n\r\n');
    return { head, body };
  }
});

describe('in time', () => {
  it('a delay postpones the work or the answer', async () => {
    const clock = createManualClock();
    await start(
      [
        { nth: 1, fault: { delayMs: 500 } },
        { nth: 2, fault: { delayMs: 500 }, when: 'after' },
      ],
      { clock },
    );
    for (const handledMeanwhile of [0, 2]) {
      const response = post();
      await clock.sleepers(1);
      expect(handled).toHaveLength(handledMeanwhile);
      clock.advance(499);
      expect(server.log.at(-1)?.end).toBe('pending');
      clock.advance(1);
      expect((await response).status).toBe(200);
    }
  });

  it('the work of a client that disconnects during a delay is done and counted', async () => {
    const clock = createManualClock();
    await start(strike({ delayMs: 500 }), { clock });
    const client = new AbortController();
    const response = failureOf(post({ signal: client.signal }));
    await clock.sleepers(1);
    client.abort();
    await response;
    await until(() => server.log[0]?.end === 'client-gone');
    expect(handled).toHaveLength(0);
    clock.advance(500);
    expect(await endOf(1)).toMatchObject({ end: 'client-gone', worked: true, lost: true });
    expect(server.counts()).toEqual({ requests: 1, struck: 1, worked: 1, workedButFailed: 1 });
  });

  it('a request that stalls after its client has disconnected ends as client-gone', async () => {
    const clock = createManualClock();
    await start([{ fault: { delayMs: 500 } }, { fault: { stall: 'before-headers' } }], { clock });
    const client = new AbortController();
    const response = failureOf(post({ signal: client.signal }));
    await clock.sleepers(1);
    client.abort();
    await response;
    await until(() => server.log[0]?.end === 'client-gone');
    clock.advance(500);
    expect(await endOf(1)).toMatchObject({ end: 'client-gone', faults: ['delayMs 500', 'stall before-headers'] });
  });

  it('a cold start delays all requests until it is over', async () => {
    const clock = createManualClock();
    await start([{ fault: { coldStartMs: 8000 } }], { clock });
    const first = post();
    await clock.sleepers(1);
    clock.advance(3000);
    const second = post();
    await clock.sleepers(2);
    clock.advance(4999);
    expect(ended).toHaveLength(0);
    clock.advance(1);
    await Promise.all([first, second, post()]);
    expect(server.log.map(({ atMs, faults }) => [atMs, faults.length])).toEqual([
      [0, 1],
      [3000, 1],
      [8000, 0],
    ]);
  });

  it('a service is down for the time window of a rule, from its first request on', async () => {
    const clock = createManualClock();
    await start([{ toMs: 30_000, fault: { status: 503 } }], { clock });
    clock.advance(60_000);
    const statuses: number[] = [];
    for (const ms of [0, 29_999, 1]) {
      clock.advance(ms);
      statuses.push((await post()).status);
    }
    expect(statuses).toEqual([503, 503, 200]);
  });

  it('a slow answer takes its length divided by its rate, and is complete', async () => {
    const waits: number[] = [];
    const clock = { now: () => 0, sleep: async (ms: number) => void waits.push(ms) };
    await start(strike({ dripBytesPerSecond: 100 }), { clock });
    expect(await (await post()).text()).toBe(ANSWER);
    expect(waits).toEqual(Array.from({ length: Math.ceil(ANSWER.length / 10) }, () => 100));
    expect(await endOf(1)).toMatchObject({ end: 'answered', lost: false });
  });

  it('a slow answer is sent in parts', async () => {
    const clock = createManualClock();
    await start(strike({ dripBytesPerSecond: 100 }), { clock });
    const reader = ((await post()).body as ReadableStream<Uint8Array>).getReader();
    for (const part of [ANSWER.slice(0, 10), ANSWER.slice(10, 20)]) {
      await clock.sleepers(1);
      clock.advance(100);
      expect(new TextDecoder().decode((await reader.read()).value)).toBe(part);
    }
  });

  it('a restart resets every connection, closes the port and then opens it again', async () => {
    const clock = createManualClock();
    await start(
      [
        { nth: 1, fault: { delayMs: 60_000 } },
        { nth: 2, fault: { restartMs: 3000 }, when: 'after' },
      ],
      { clock },
    );
    const { url } = server;
    const other = failureOf(post());
    await clock.sleepers(1);
    expect((await failureOf(post())).code).toBe('ECONNRESET');
    expect((await other).code).toBe('ECONNRESET');
    expect((await failureOf(post())).code).toBe('ECONNREFUSED');
    await clock.sleepers(2);
    clock.advance(3000);
    await answersAgain();
    expect(server.url).toBe(url);
    expect(server.log.slice(0, 2)).toMatchObject([{ end: 'reset' }, { end: 'reset', worked: true, lost: true }]);
  });

  /** The clock ends the wait of the restart; opening the port takes a moment more. */
  async function answersAgain(): Promise<void> {
    for (;;) {
      const answered = await post().then(
        ({ status }) => status === 200,
        () => false,
      );
      if (answered) return;
    }
  }
});

describe('embeddings', () => {
  const TEXTS = ['a', 'b', 'c'];

  interface Reply {
    readonly data: { readonly index: number; readonly embedding: string | number[] }[];
  }

  async function embed(fault: Fault, encoding: string): Promise<Reply['data']> {
    await start(strike(fault), { handler: createStubOpenAiHandler({ dimensions: 4 }), unitsOf: countInputs });
    const response = await fetch(`${server.url}/v1/embeddings`, {
      method: 'POST',
      body: JSON.stringify({ model: 'm', input: TEXTS, encoding_format: encoding }),
    });
    return ((await response.json()) as Reply).data;
  }

  const numbersOf = (embedding: string | number[] | undefined): unknown[] =>
    typeof embedding === 'string'
      ? [...new Float32Array(Uint8Array.from(Buffer.from(embedding, 'base64')).buffer)]
      : (embedding ?? []);

  it('embeddings in another order keep their index, and no work is lost', async () => {
    const data = await embed({ reorder: true }, 'base64');
    expect(data.map(({ index }) => index)).toEqual([2, 1, 0]);
    expect(numbersOf(data[2]?.embedding)).toEqual([...stubVector('a', 4)]);
    expect(server.counts()).toEqual({ requests: 1, struck: 1, worked: 3, workedButFailed: 0 });
  });

  it('an answer with too few embeddings counts as work that is lost', async () => {
    expect(await embed({ short: 1 }, 'base64')).toHaveLength(2);
    expect(server.counts()).toEqual({ requests: 1, struck: 1, worked: 3, workedButFailed: 3 });
  });

  it.each([
    ['base64', Number.NaN],
    ['float', null],
  ])('an embedding in %s can hold a value that is no number', async (encoding, value) => {
    const [first, second] = await embed({ nonFinite: true }, encoding);
    expect(numbersOf(first?.embedding)).toEqual([value, ...numbersOf(first?.embedding).slice(1)]);
    expect(numbersOf(second?.embedding)).toEqual([...stubVector('b', 4)]);
  });

  it.each([2, 6])('embeddings can be changed to %d dimensions', async (dimensions) => {
    const data = await embed({ dimensions }, 'float');
    expect(data.map(({ embedding }) => embedding.length)).toEqual([dimensions, dimensions, dimensions]);
  });
});

it('new rules apply from the next request on, with numbers and times that start again', async () => {
  const clock = createManualClock();
  await start([], { clock });
  await post();
  clock.advance(1000);
  server.setRules([{ nth: 1, toMs: 1, fault: { status: 500 } }]);
  expect((await post()).status).toBe(500);
  expect((await post()).status).toBe(200);
});

it('a fault is reported when it begins, and the log holds no header, query or body', async () => {
  const struck: FaultRecord[] = [];
  await start(strike({ status: 503 }, { when: 'after' }), { onFault: (record) => struck.push(record) });
  await post({ headers: { authorization: 'secret' } });
  expect(struck).toEqual([
    {
      number: 1,
      atMs: 0,
      method: 'POST',
      path: '/path',
      faults: ['status 503'],
      units: 1,
      worked: true,
      lost: true,
      status: null,
      end: 'pending',
    },
  ]);
  expect(JSON.stringify(server.log)).not.toMatch(/secret|asked/);
});

it('a request that the service refuses does not count as work', async () => {
  await start([{ fault: { cut: 0.5 } }], { handler: async () => Response.json({}, { status: 400 }) });
  const response = await post();
  expect(response.status).toBe(400);
  await failureOf(response.text());
  expect(server.counts()).toEqual({ requests: 1, struck: 1, worked: 0, workedButFailed: 0 });
});

it('a request is answered with 502 when the service fails', async () => {
  await start([], { handler: () => Promise.reject(new Error('broken')) });
  const response = await post();
  expect([response.status, await response.json()]).toMatchObject([502, { message: 'the service failed: broken' }]);
});

it('requests are forwarded to another server with path, query, headers and body unchanged', async () => {
  const behind = await startFaultServer({
    handler: async (request) =>
      Response.json([new URL(request.url).search, request.headers.get('api-key'), await request.text()]),
  });
  await start([], { handler: forwardTo(`${behind.url}/below/`) });
  const response = await post({ headers: { 'api-key': 'k' } });
  expect(await response.json()).toEqual(['?secret=1', 'k', 'asked']);
  expect(behind.log[0]?.path).toBe('/below/path');
  await behind.close();
});

it('the server closes while a request waits', async () => {
  const clock = createManualClock();
  await start(strike({ delayMs: 1000 }), { clock });
  const response = failureOf(post());
  await clock.sleepers(1);
  await server.close();
  expect((await response).code).toBe('ECONNRESET');
  expect(server.log[0]).toMatchObject({ end: 'reset', worked: false });
  expect(await once(connect(Number(new URL(server.url).port), '127.0.0.1'), 'error')).toMatchObject([
    { code: 'ECONNREFUSED' },
  ]);
});

it('closing ends when the service has finished its work', async () => {
  const begun = Promise.withResolvers<void>();
  const work = Promise.withResolvers<Response>();
  await start([], {
    handler() {
      begun.resolve();
      return work.promise;
    },
  });
  const response = failureOf(post());
  await begun.promise;
  const closed = server.close().then(() => server.log[0]);
  await response;
  work.resolve(new Response());
  expect(await closed).toMatchObject({ end: 'reset', worked: true, lost: true });
});
