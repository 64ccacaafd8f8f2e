import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { type QdrantHandlerOptions, createQdrantHandler, refusalResponse } from './qdrant-handler.ts';
import { QdrantRefusal } from './requests/qdrant-refusal.ts';
import { openQdrantStorage } from './storage/qdrant-storage.ts';

/** Options of {@link startEmbeddedQdrant}: the directory of the storage, and the limits of the handler. */
export interface EmbeddedQdrantOptions extends Omit<QdrantHandlerOptions, 'storage'> {
  /** The directory of `storage.sqlite`, on a local disk. Several processes may use one directory at once. */
  readonly directory: string;
}

/** A running embedded Qdrant. */
export interface EmbeddedQdrant {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** Stops the server, ends its connections, and closes the storage. Repeating it does nothing. */
  close(): Promise<void>;
}

/**
 * Serves a storage directory on a free port of 127.0.0.1.
 *
 * Neither the server nor its connections keep the process alive.
 *
 * @throws Error when the storage cannot be opened
 */
export async function startEmbeddedQdrant(options: EmbeddedQdrantOptions): Promise<EmbeddedQdrant> {
  const { directory, ...limits } = options;
  const storage = await openQdrantStorage({ directory });
  const handle = createQdrantHandler({ storage, ...limits });
  const server = createServer((message, response) => void answer(handle, message, response));
  // The client ends connections: one that the server closes while the client sends on it would look like a fault.
  server.keepAliveTimeout = 0;
  server.unref();
  server.on('connection', (socket) => socket.unref());
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
  } catch (error) {
    storage.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          storage.close();
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function answer(
  handle: (request: Request) => Promise<Response>,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const result = await respond(handle, message);
  const body = Buffer.from(await result.arrayBuffer());
  // Node reads the rest of a body that was refused early, so that the client can read the answer.
  response.writeHead(result.status, Object.fromEntries(result.headers));
  response.end(body);
}

async function respond(handle: (request: Request) => Promise<Response>, message: IncomingMessage): Promise<Response> {
  if (!isLocal(message.headers.host)) {
    return refusalResponse(new QdrantRefusal(403, 'Forbidden: the embedded Qdrant answers on 127.0.0.1 only'));
  }
  try {
    return await handle(toRequest(message));
  } catch {
    // Methods and paths that the Request class does not accept, such as TRACE.
    return refusalResponse(new QdrantRefusal(501, 'Not supported by the embedded Qdrant: a request of this form'));
  }
}

/** Against DNS rebinding: a web page whose host name resolves to this machine sends that name in its requests. */
function isLocal(host: string | undefined): boolean {
  return /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host ?? '');
}

function toRequest(message: IncomingMessage): Request {
  const headers = new Headers();
  for (const name of ['content-type', 'content-length']) {
    const value = message.headers[name];
    if (typeof value === 'string') headers.set(name, value);
  }
  const method = message.method ?? 'GET';
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const init: RequestInit & { duplex?: 'half' } = { method, headers };
  if (hasBody) {
    init.body = Readable.toWeb(message) as ReadableStream<Uint8Array>;
    init.duplex = 'half';
  }
  return new Request(`http://127.0.0.1${message.url ?? '/'}`, init);
}
