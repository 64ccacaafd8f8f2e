import { once } from 'node:events';
import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy that holds one request back until it is let go. */
export interface HeldProxy {
  readonly url: string;
  /** Resolves when the request that is to be held has arrived. */
  readonly arrived: Promise<void>;
  /** Passes the held request on; resolves when it has been answered. */
  letGo(): Promise<void>;
  close(): Promise<void>;
}

/** Passes requests on to a server, and holds the first that `holds` picks. */
export async function startHeldProxy(
  target: string,
  holds: (request: { readonly method: string; readonly path: string }) => boolean,
): Promise<HeldProxy> {
  let arrive = (): void => {};
  let release = (): void => {};
  let answered = (): void => {};
  const arrived = new Promise<void>((done) => (arrive = done));
  const released = new Promise<void>((done) => (release = done));
  const landed = new Promise<void>((done) => (answered = done));
  let held = false;

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = incoming;
    const body: Buffer[] = [];
    for await (const part of incoming) body.push(part as Buffer);
    const own = !held && holds({ method, path: url });
    if (own) {
      held = true;
      arrive();
      await released;
    }
    const onward = send(new URL(url, target), { method, headers: incoming.headers, agent: false });
    onward.end(Buffer.concat(body));
    const [reply] = (await once(onward, 'response')) as [IncomingMessage];
    outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
    for await (const part of reply) outgoing.write(part);
    outgoing.end();
    if (own) answered();
  }

  const server = createServer((incoming, outgoing) => {
    // The sender may be gone by the time its request is passed on.
    outgoing.on('error', () => {});
    pass(incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived,
    async letGo() {
      release();
      await landed;
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
