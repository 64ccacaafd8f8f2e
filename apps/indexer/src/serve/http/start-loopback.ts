import { createAdaptorServer } from '@hono/node-server';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { IndexingError } from '@lockstep/model';

/** Requests and streams of events that are open at once; a page has two. */
const CONNECTIONS_MAX = 100;

/** A server that nobody but this machine reaches. */
export interface LoopbackServer {
  readonly port: number;
  /** Ends all connections, also those that are in use. */
  close(): Promise<void>;
}

/** Answers on a port of 127.0.0.1; 0 is any free port. *Errors*: `port-taken`. */
export async function startLoopback(
  answer: (request: Request) => Response | Promise<Response>,
  port: number,
): Promise<LoopbackServer> {
  const server = createAdaptorServer({ fetch: answer, hostname: '127.0.0.1' }) as Server;
  server.maxConnections = CONNECTIONS_MAX;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') throw error;
    const why = error.code === 'EACCES' ? 'may not be used' : 'is in use by another program';
    throw new IndexingError({ code: 'port-taken', message: `Port ${port} of 127.0.0.1 ${why}.`, details: { port } });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
