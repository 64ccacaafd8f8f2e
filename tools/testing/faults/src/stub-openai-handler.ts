import { stubVector } from '@lockstep/testing-ports';

/** Most texts in one request: `resources/embeddings.d.ts` of openai 7.59.0. */
const INPUTS_MAX = 2048;

interface EmbeddingsRequest {
  readonly input?: string | readonly string[];
  readonly model?: string;
  readonly encoding_format?: string;
  readonly dimensions?: number;
}

/**
 * Speaks OpenAI's protocol for embeddings, below any path: one unit vector for each text, made from its hash, as base64
 * or as numbers. It knows every model. `dimensions` is the default for requests without it.
 */
export function createStubOpenAiHandler(options: {
  readonly dimensions: number;
}): (request: Request) => Promise<Response> {
  return async (request) => {
    const { pathname } = new URL(request.url);
    const model = /\/models\/([^/]+)$/.exec(pathname)?.[1];
    if (request.method === 'GET' && model !== undefined) {
      return Response.json({ id: decodeURIComponent(model), object: 'model', created: 0, owned_by: 'stub' });
    }
    if (request.method !== 'POST' || !pathname.endsWith('/embeddings')) return refusal(404, 'Unknown request URL');
    const body = (await request.json()) as EmbeddingsRequest;
    const inputs = inputsOf(body);
    if (inputs.length === 0 || inputs.length > INPUTS_MAX || inputs.includes('')) {
      return refusal(400, `expected 1 to ${INPUTS_MAX} inputs, none of them empty`);
    }
    const dimensions = body.dimensions ?? options.dimensions;
    const asBase64 = body.encoding_format === 'base64';
    const data = inputs.map((input, index) => {
      const vector = stubVector(input, dimensions);
      const embedding = asBase64 ? Buffer.from(vector.buffer).toString('base64') : [...vector];
      return { object: 'embedding', index, embedding };
    });
    const tokens = inputs.reduce((sum, input) => sum + Math.ceil(input.length / 4), 0);
    const usage = { prompt_tokens: tokens, total_tokens: tokens };
    return Response.json({ object: 'list', model: body.model, data, usage });
  };
}

/** Number of texts in the body of a request; 0 for other bodies. */
export function countInputs(body: Uint8Array): number {
  if (body.byteLength === 0) return 0;
  return inputsOf(JSON.parse(new TextDecoder().decode(body)) as EmbeddingsRequest).length;
}

function inputsOf({ input = [] }: EmbeddingsRequest): readonly string[] {
  return [input].flat();
}

function refusal(status: number, message: string): Response {
  return Response.json({ error: { message, type: 'invalid_request_error', code: null, param: null } }, { status });
}
