import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A remote cache in memory that several workspaces share. */
export interface NxCacheServer {
  /** Variables with which an Nx run uses it. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** An arbitrary token; requests without it are refused. */
const TOKEN = 'shared';

/**
 * Serves the protocol of Nx for self-hosted caches: an archive is stored and read by its hash, and never replaced.
 * *Source*: https://nx.dev/docs/kb/self-hosted-caching, 2026-11.
 */
export async function startNxCacheServer(): Promise<NxCacheServer> {
  const entries = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const hash = /^\/v1\/cache\/([\w-]+)$/.exec(request.url ?? '')?.[1];
    const entry = hash === undefined ? undefined : entries.get(hash);
    if (request.headers.authorization !== `Bearer ${TOKEN}`) response.writeHead(401).end();
    else if (hash === undefined) response.writeHead(400).end();
    else if (request.method !== 'PUT') {
      if (entry === undefined) response.writeHead(404).end();
      else response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(entry);
    } else if (entry !== undefined) response.writeHead(409).end();
    else {
      entries.set(hash, body);
      response.writeHead(200).end();
    }
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    environment: {
      NX_SELF_HOSTED_REMOTE_CACHE_SERVER: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN: TOKEN,
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
