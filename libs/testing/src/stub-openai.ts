import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** How the stub answers one request, by its number from 1; undefined: as the service does. */
export type Script = (
  request: number,
) => { readonly status: number; readonly headers?: Record<string, string> } | undefined;

export interface StubOpenAi {
  /** For `OPENAI_BASE_URL`. */
  readonly baseUrl: string;
  /** Requests that came, those refused included, and texts that were embedded (and would have been paid for). */
  readonly seen: { requests: number; refused: number; inputs: number };
  close(): Promise<void>;
}

/** A server that speaks enough of OpenAI's protocol to embed: one unit vector a text, made of its hash. */
export async function startStubOpenAi(options: {
  readonly dimensions: number;
  readonly script?: Script;
}): Promise<StubOpenAi> {
  const seen = { requests: 0, refused: 0, inputs: 0 };
  const server = createServer((request, response) => void answer(request, response));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse((await text(request)) || '{}') as { input?: string | string[]; model?: string };
    seen.requests += 1;
    const scripted = options.script?.(seen.requests);
    if (scripted !== undefined) {
      seen.refused += 1;
      response.writeHead(scripted.status, { 'content-type': 'application/json', ...scripted.headers });
      response.end(JSON.stringify({ error: { message: 'scripted', type: 'scripted', code: null, param: null } }));
      return;
    }
    const inputs = [body.input ?? []].flat();
    seen.inputs += inputs.length;
    const data = inputs.map((input, index) => ({
      object: 'embedding',
      index,
      embedding: Buffer.from(stubVector(input, options.dimensions).buffer).toString('base64'),
    }));
    const tokens = inputs.reduce((sum, input) => sum + Math.ceil(input.length / 4), 0);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        object: 'list',
        model: body.model,
        data,
        usage: { prompt_tokens: tokens, total_tokens: tokens },
      }),
    );
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    seen,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** The vector that the stub gives for a text: the same every time, of unit length. */
export function stubVector(input: string, dimensions: number): Float32Array<ArrayBuffer> {
  const seed = createHash('sha256').update(input).digest();
  const values = Float32Array.from({ length: dimensions }, (_, at) => {
    const byte = seed[at % seed.length] as number;
    return Math.sin(byte * 12.9898 + at * 78.233) + (byte - 128) / 256;
  });
  const norm = Math.hypot(...values);
  return values.map((value) => value / norm) as Float32Array<ArrayBuffer>;
}
