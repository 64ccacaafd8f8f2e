import { once } from 'node:events';
import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy that delays one request until it is released. */
export interface DelayingProxy {
  readonly url: string;
  /** Resolves when the request to delay has arrived. */
  readonly arrived: Promise<void>;
  /** Passes the delayed request on; resolves when it is answered. */
  release(): Promise<void>;
  close(): Promise<void>;
}

/** Passes requests on to a server, and delays the first for which `delays` is true. */
export async function startDelayingProxy(
  target: string,
  delays: (request: { readonly method: string; readonly path: string }) => boolean,
): Promise<DelayingProxy> {
  let arrive = (): void => {};
  let resume = (): void => {};
  let answered = (): void => {};
  const arrived = new Promise<void>((done) => (arrive = done));
  const released = new Promise<void>((done) => (resume = done));
  const landed = new Promise<void>((done) => (answered = done));
  let isDelayed = false;

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = incoming;
    const body: Buffer[] = [];
    for await (const part of incoming) body.push(part as Buffer);
    const isFirst = !isDelayed && delays({ method, path: url });
    if (isFirst) {
      isDelayed = true;
      arrive();
      await released;
    }
    const onward = send(new URL(url, target), { method, headers: incoming.headers, agent: false });
    onward.end(Buffer.concat(body));
    const [reply] = (await once(onward, 'response')) as [IncomingMessage];
    outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
    for await (const part of reply) outgoing.write(part);
    outgoing.end();
    if (isFirst) answered();
  }

  const server = createServer((incoming, outgoing) => {
    // The sender may have disconnected before its request is passed on.
    outgoing.on('error', () => {});
    pass(incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived,
    async release() {
      resume();
      await landed;
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
