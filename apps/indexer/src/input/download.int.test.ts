import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createInstantGuard, failureOf } from '@lockstep/testing-ports';
import { download, type DownloadOptions } from './download.ts';

let folder: string;
let server: Server;
let requests: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-download-'));
  requests = 0;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

/** Downloads from a server on this machine that answers so. */
async function get(listener: RequestListener, options: Partial<DownloadOptions> = {}) {
  server = createServer((request, response) => {
    requests += 1;
    listener(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/x`);
  const { guard } = createInstantGuard('input', { attemptsMax: 2 });
  const never = new AbortController().signal;
  return download({ kind: 'address', name: 'x', url }, join(folder, 'x'), { guard, signal: never, ...options });
}

it('a server that sends a part and then nothing is asked again, and then given up', async () => {
  const failure = await failureOf(get((_request, response) => response.writeHead(200).write('da'), { idleMs: 1000 }));
  expect(failure).toMatchObject({
    code: 'service-unavailable',
    message: expect.stringContaining('x sent nothing for 1 s'),
  });
  expect(requests).toBe(2);
});

it.each([
  ['with a length', { 'content-length': '4' }],
  ['without a length', {}],
])('an answer %s whose connection breaks is asked for again, and then given up', async (_what, headers) => {
  const failure = await failureOf(
    get((_request, response) => response.writeHead(200, headers).write('da', () => response.destroy())),
  );
  expect(failure).toMatchObject({
    code: 'service-unavailable',
    message: expect.stringContaining('answer that is cut'),
  });
  expect(requests).toBe(2);
});

it('a download ends at once when the user stops the program', async () => {
  const stop = new AbortController();
  const stopped = get(
    (_request, response) => response.writeHead(200).write('da', () => stop.abort(new Error('stopped'))),
    { signal: stop.signal },
  );
  await expect(stopped).rejects.toThrow('stopped');
  expect(requests).toBe(1);
});
