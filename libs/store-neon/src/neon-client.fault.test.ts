import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createInstantGuard, failureOf, allTextOf } from '@lockstep/testing-ports';
import { createNeonClient } from './neon-client.ts';

const REPLY = JSON.stringify({ rowAsArray: true, fields: [], rows: [], command: 'SELECT', rowCount: 0 });
const HEADERS = { 'content-type': 'application/json', 'content-length': REPLY.length };

let server: Server;
let requests: number;

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

/** A client of a real server on loopback: a mocked `fetch` cannot cut or stall a connection. */
async function clientAt(answer: (response: ServerResponse, request: IncomingMessage) => void, timeoutMs = 10_000) {
  requests = 0;
  server = createServer((request, response) => {
    requests += 1;
    request.resume().on('end', () => answer(response, request));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return createNeonClient({
    connectionString: 'postgresql://owner:verysecretpassword@fault.test/db',
    fetchEndpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/sql`,
    guard: createInstantGuard('neon', { timeoutMs }).guard,
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
  ['a body that stalls', stall, 250],
  ['a server that never answers', () => undefined, 250],
])(
  'a query is tried three times when it meets %s, and then fails as unavailable without the password',
  async (_title, fault, timeoutMs) => {
    const { query } = await clientAt(fault, timeoutMs);
    const error = await failureOf(query(['select 1']));
    expect(error).toMatchObject({ code: 'service-unavailable' });
    expect(allTextOf(error)).not.toContain('verysecretpassword');
    expect(requests).toBe(3);
  },
);

it('a query succeeds when its first answer is cut and its second is whole', async () => {
  const { query } = await clientAt((response) => {
    if (requests === 1) return cut(response);
    response.writeHead(200, HEADERS).end(REPLY);
  });
  expect(await query(['select 1'])).toEqual([]);
  expect(requests).toBe(2);
});
