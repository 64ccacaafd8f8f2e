import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A request as it arrived. */
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
  /** Whether the connection ends in the middle of the body. @default false */
  readonly cut?: boolean;
}

/** A service that can repeat requests in its answers. */
export interface EchoService {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** Every request so far. */
  readonly heard: readonly Heard[];
  /** Sets how requests are answered from now on. */
  answerWith(reply: (heard: Heard) => Reply): void;
  close(): Promise<void>;
}

/** Serves on a free port of loopback. Until `answerWith` is called, every answer is an empty 404. */
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
      const { status, headers: own, body: answer, cut = false } = replyTo(now);
      const bytes = Buffer.from(answer);
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

/** Parts of a request that a service may repeat. */
export const VOICES = {
  /** All headers, in one line. */
  headers: ({ headers }: Heard) =>
    Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}`)
      .join(' '),
  /** Only the key or the password. */
  secret: ({ headers }: Heard) => secretOf(headers),
  body: ({ body }: Heard) => body,
} as const satisfies Record<string, (heard: Heard) => string>;

function secretOf(headers: Heard['headers']): string {
  const connection = headers['neon-connection-string'];
  if (connection !== undefined) return decodeURIComponent(new URL(connection).password);
  return headers['api-key'] ?? headers['authorization']?.replace('Bearer ', '') ?? '';
}

/** An error in the form of each of the three services, with the same text in every field. */
export function errorSaying(repeated: string, sqlState?: string): string {
  return JSON.stringify({
    error: { message: repeated, type: repeated, code: repeated, param: repeated },
    status: { error: repeated },
    ...{
      message: repeated,
      detail: repeated,
      hint: repeated,
      where: repeated,
      table: repeated,
      column: repeated,
      constraint: repeated,
    },
    code: sqlState ?? repeated,
  });
}

/** Headers that repeat a text, each in one line. */
export function headersSaying(repeated: string): Record<string, string> {
  const line = encodeURI(repeated).slice(0, 500);
  return { 'x-request-id': line, 'retry-after': line, 'set-cookie': `session=${line}`, 'x-powered-by': line };
}
