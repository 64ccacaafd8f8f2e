import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createInstantGuard, failureOf } from '@lockstep/testing-ports';
import { createQdrantVectorStore } from './qdrant-vector-store.ts';

const REPLY = JSON.stringify({ result: { count: 3 }, status: 'ok', time: 0 });
const HEADERS = { 'content-type': 'application/json', 'content-length': REPLY.length };

let server: Server;
let requests: number;

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

/** A store at a real server on loopback: a mocked `fetch` cannot cut or stall a connection. */
async function storeAt(answer: (response: ServerResponse, request: IncomingMessage) => void, timeoutMs = 10_000) {
  requests = 0;
  server = createServer((request, response) => {
    requests += 1;
    request.resume().on('end', () => answer(response, request));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return createQdrantVectorStore({
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    collection: 'books',
    guard: createInstantGuard('qdrant').guard,
    timeoutMs,
  });
}

const cut = (response: ServerResponse): void => {
  response.writeHead(200, HEADERS);
  response.write(REPLY.slice(0, 20), () => response.socket?.destroy());
};
const reset = (_response: ServerResponse, { socket }: IncomingMessage): void => void socket.resetAndDestroy();
const stall = (response: ServerResponse): void => {
  response.writeHead(200, HEADERS);
  response.write(REPLY.slice(0, 20));
};

it.each([
  ['a body that is cut', cut, 10_000],
  ['a connection that is reset', reset, 10_000],
  ['a body that stalls', stall, 50],
  ['a server that never answers', () => undefined, 50],
])('a read is tried three times when it meets %s, and then fails as unavailable', async (_title, fault, timeoutMs) => {
  const { count } = await storeAt(fault, timeoutMs);
  expect(await failureOf(count('a'))).toMatchObject({ code: 'service-unavailable' });
  expect(requests).toBe(3);
});

it('a read succeeds when its third answer is the first whole one', async () => {
  const { count } = await storeAt((response, request) => {
    if (requests === 1) return cut(response);
    if (requests === 2) return reset(response, request);
    response.writeHead(200, HEADERS).end(REPLY);
  });
  expect(await count('a')).toBe(3);
});
