import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A request as it came. */
export interface Heard {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  /** The connection ends in the middle of the body. */
  readonly cut?: boolean;
}

/** A service that says again what it heard. */
export interface EchoService {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** Every request so far. */
  readonly heard: readonly Heard[];
  /** How requests are answered from now on. */
  answerWith(reply: (heard: Heard) => Reply): void;
  close(): Promise<void>;
}

/** Serves on a free port of loopback. Until it is told otherwise, every answer is an empty 404. */
export async function startEchoService(): Promise<EchoService> {
  const heard: Heard[] = [];
  let replyTo: (heard: Heard) => Reply = () => ({ status: 404, body: '' });
  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    void text(request).then((body) => {
      const { method = 'GET', url = '/' } = request;
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      const now = { method, path: url, headers, body };
      heard.push(now);
      const { status, headers: own, body: said, cut = false } = replyTo(now);
      const bytes = Buffer.from(said);
      response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length, ...own });
      if (!cut) response.end(bytes);
      else response.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => response.destroy());
    });
  });
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    answerWith(reply) {
      replyTo = reply;
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/** What a service may repeat of a request. */
export const VOICES = {
  /** All headers, in one line. */
  headers: ({ headers }: Heard) =>
    Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}`)
      .join(' '),
  /** The key or the password alone. */
  secret: ({ headers }: Heard) => secretOf(headers),
  body: ({ body }: Heard) => body,
} as const satisfies Record<string, (heard: Heard) => string>;

function secretOf(headers: Heard['headers']): string {
  const connection = headers['neon-connection-string'];
  if (connection !== undefined) return decodeURIComponent(new URL(connection).password);
  return headers['api-key'] ?? headers['authorization']?.replace('Bearer ', '') ?? '';
}

/** An error where each of the three clients looks for it, that says the same wherever it says something. */
export function errorSaying(said: string, sqlState?: string): string {
  return JSON.stringify({
    error: { message: said, type: said, code: said, param: said },
    status: { error: said },
    ...{ message: said, detail: said, hint: said, where: said, table: said, column: said, constraint: said },
    code: sqlState ?? said,
  });
}

/** Headers that repeat something; a header holds one line. */
export function headersSaying(said: string): Record<string, string> {
  const word = encodeURI(said).slice(0, 500);
  return { 'x-request-id': word, 'retry-after': word, 'set-cookie': `session=${word}`, 'x-powered-by': word };
}
