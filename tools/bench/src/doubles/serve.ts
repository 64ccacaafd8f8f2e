import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request with its body read. */
export interface DoubleRequest {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly body: Buffer;
}

export interface DoubleReply {
  /** 200 where it is left out. */
  readonly status?: number;
  /** Text of a JSON value. */
  readonly json: string;
  /** Items that the request wrote or deleted; none where it is left out. */
  readonly written?: number;
}

/** A stand-in for a service, which counts what it is asked. */
export interface Double {
  readonly url: string;
  /** Requests since the last time, and items that they wrote or deleted. */
  takeCount(): { readonly requests: number; readonly written: number };
}

/**
 * Serves a stand-in on a free port of the loopback interface. What `answer` throws is answered with 400 and its
 * message, and written to stderr, so that a request that the double does not know ends the measurement at once.
 */
export async function serveDouble(name: string, answer: (request: DoubleRequest) => DoubleReply): Promise<Double> {
  let count = { requests: 0, written: 0 };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const path = (request.url ?? '/').split('?', 1)[0] as string;
      let reply: DoubleReply;
      try {
        reply = answer({ method: request.method ?? 'GET', path, body: Buffer.concat(parts) });
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        process.stderr.write(`${name} double: ${message}\n`);
        reply = { status: 400, json: JSON.stringify({ message }) };
      }
      count = { requests: count.requests + 1, written: count.written + (reply.written ?? 0) };
      const bytes = Buffer.from(reply.json);
      response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', 'content-length': bytes.length });
      response.end(bytes);
    });
  });
  // Longer than any pause between two stages, so that no connection is closed under a request.
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    takeCount() {
      const taken = count;
      count = { requests: 0, written: 0 };
      return taken;
    },
  };
}

/** The refusal of a request that a double does not know. */
export function unknownRequest(what: string): Error {
  return new Error(`does not know ${what.replaceAll(/\s+/g, ' ').slice(0, 300)}`);
}
