import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createNeonHandler, openPglite, startEmbeddedQdrant } from '@lockstep/embedded';

/*
 * Serves the embedded Qdrant and the embedded Neon on free ports of 127.0.0.1, and tells the parent where they are. Their
 * data is in the folder that is the argument. It ends when the parent does, or disconnects, and not by the keys that end
 * the parent: it closes what it has open first.
 */
const [folder] = process.argv.slice(2);
if (folder === undefined || process.send === undefined)
  throw new Error('started by another program only, with a folder');
process.on('SIGINT', () => {});
const gone = once(process, 'disconnect');
const qdrant = await startEmbeddedQdrant({ directory: join(folder, 'qdrant') });
const backend = await openPglite({ directory: join(folder, 'postgres'), waitMs: 10_000 });
const handle = createNeonHandler(backend);
const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
server.keepAliveTimeout = 0;
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.send({ qdrant: qdrant.url, neon: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
await gone;
server.close();
server.closeAllConnections();
await qdrant.close();
await backend.close();

async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { method = 'GET', url = '/', headers } = incoming;
  const body = new Uint8Array(await buffer(incoming));
  const neon = Object.entries(headers).filter(([name]) => name.startsWith('neon-')) as [string, string][];
  const reply = await handle(
    new Request(`http://127.0.0.1${url}`, { method, headers: neon, ...(method === 'POST' ? { body } : {}) }),
  );
  outgoing.writeHead(reply.status, Object.fromEntries(reply.headers));
  outgoing.end(new Uint8Array(await reply.arrayBuffer()));
}
