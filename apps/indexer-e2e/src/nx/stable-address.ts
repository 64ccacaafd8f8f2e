import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A port of this machine that passes connections on to one server after another. */
export interface StableAddress {
  /** `127.0.0.1:<port>`, the same for as long as it is open. */
  readonly host: string;
  /** New connections go to this port of 127.0.0.1 from now on. */
  pointAt(port: number): void;
  close(): Promise<void>;
}

/** Opens an address that passes bytes on. Until `pointAt` is called, it closes connections. */
export async function openStableAddress(): Promise<StableAddress> {
  let target: number | undefined;
  const open = new Set<Socket>();
  const server = createServer((incoming) => {
    if (target === undefined) return void incoming.destroy();
    const outgoing = connect(target, '127.0.0.1');
    incoming.pipe(outgoing).pipe(incoming);
    for (const [socket, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      open.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => void open.delete(socket));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    pointAt(port) {
      target = port;
    },
    async close() {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, 'close');
    },
  };
}
