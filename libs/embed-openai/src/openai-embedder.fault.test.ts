import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createInstantGuard, failureOf, allTextOf } from '@lockstep/testing-ports';
import { createOpenAiEmbedder } from './openai-embedder.ts';

const KEY = 'sk-verysecretkey0123456789';
const REPLY = JSON.stringify({ data: [{ index: 0, embedding: [1, 0] }], usage: { prompt_tokens: 1 } });

let server: Server;
let requests: number;

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

/** An embedder for a real server: only a real connection shows how it breaks below HTTP. */
async function embedderAt(answer: (response: ServerResponse, request: IncomingMessage) => void, timeoutMs = 10_000) {
  requests = 0;
  server = createServer((request, response) => {
    requests += 1;
    request.resume().on('end', () => answer(response, request));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return createOpenAiEmbedder({
    apiKey: KEY,
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    model: 'm',
    dimensions: 2,
    guard: createInstantGuard('openai').guard,
    timeoutMs,
  });
}

const cut = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': REPLY.length });
  response.write(REPLY.slice(0, 20), () => response.socket?.destroy());
};
const reset = (_response: ServerResponse, { socket }: IncomingMessage): void => void socket.resetAndDestroy();
const stall = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': REPLY.length });
  response.write(REPLY.slice(0, 20));
};

it.each([
  ['a body that is cut', cut, 10_000, true],
  ['a connection that is reset', reset, 10_000, true],
  ['a body that stalls', stall, 50, true],
])('%s is tried again, and the final failure is an IndexingError', async (_title, fault, timeoutMs, possiblyPaid) => {
  const { embed } = await embedderAt(fault, timeoutMs);
  const error = await failureOf(embed(['a private text']));
  expect(error.code).toBe('service-unavailable');
  expect(error.details['possiblyPaid']).toBe(possiblyPaid);
  expect(requests).toBe(3);
  for (const secret of [KEY, 'private']) expect(allTextOf(error)).not.toContain(secret);
});

it('a refused connection does not count as possibly paid', async () => {
  const { embed } = await embedderAt(reset, 10_000);
  server.close();
  server.closeAllConnections();
  const error = await failureOf(embed(['a private text']));
  expect(error).toMatchObject({ code: 'service-unavailable', details: {} });
  expect(error.details['possiblyPaid']).toBeUndefined();
});

it('embedding succeeds when the second reply is complete', async () => {
  const { embed } = await embedderAt((response) => {
    if (requests === 1) return cut(response);
    response.writeHead(200, { 'content-type': 'application/json' }).end(REPLY);
  });
  expect((await embed(['a'])).vectors).toEqual([Float32Array.from([1, 0])]);
  expect(requests).toBe(2);
});

it('embedding fails as service-unavailable where nothing listens', async () => {
  const { embed } = await embedderAt(() => undefined);
  server.close();
  await once(server, 'close');
  const error = await failureOf(embed(['a']));
  expect(error).toMatchObject({ code: 'service-unavailable' });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
