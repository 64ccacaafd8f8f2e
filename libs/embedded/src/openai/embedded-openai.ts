import { isIndexingError } from '@lockstep/model';
import { EMBEDDED_MODEL } from './embedded-model.ts';
import { readEmbeddingsRequest } from './embeddings-request.ts';
import { createModelThread } from './model-thread.ts';
import { OpenAiRefusal } from './openai-refusal.ts';

/** A real model in this process with the HTTP API of OpenAI. */
export interface EmbeddedOpenAi {
  /**
   * For the `fetch` option of the official client. It answers requests to any host itself. Fails with `engine-failed` or
   * `disk-failed` where the model cannot be started or fails.
   */
  readonly fetch: typeof fetch;
  close(): Promise<void>;
}

/**
 * Answers `POST /v1/embeddings` and `GET /v1/models` with the embedded model. The model starts with the first text, in
 * a thread of its own, and lets the process end when it is idle. A text has the same vector whatever texts are sent
 * with it.
 */
export function createEmbeddedOpenAi(): EmbeddedOpenAi {
  const thread = createModelThread();

  async function answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (request.method === 'GET' && pathname === '/v1/models') return Response.json({ object: 'list', data: [MODEL] });
    if (request.method === 'GET' && decodeURIComponent(pathname) === `/v1/models/${EMBEDDED_MODEL}`) {
      return Response.json(MODEL);
    }
    if (request.method !== 'POST' || pathname !== '/v1/embeddings') {
      throw new OpenAiRefusal({ status: 404, message: `The embedded service does not serve ${pathname}.` });
    }
    const { texts, format, tokens } = readEmbeddingsRequest(await bodyOf(request));
    const vectors = await thread.embed(texts, request.signal);
    const data = vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : [...vector],
    }));
    const usage = { prompt_tokens: tokens, total_tokens: tokens };
    return Response.json({ object: 'list', model: EMBEDDED_MODEL, data, usage });
  }

  return {
    async fetch(input, init) {
      const request = new Request(input, init);
      try {
        return await answer(request);
      } catch (error) {
        if (error instanceof OpenAiRefusal) return error.toResponse();
        if (isIndexingError(error)) throw error;
        request.signal.throwIfAborted();
        const message = error instanceof Error ? error.message : 'The embedded model failed.';
        return new OpenAiRefusal({ status: 500, message }).toResponse();
      }
    },
    close: () => thread.close(),
  };
}

const MODEL = { id: EMBEDDED_MODEL, object: 'model', created: 0, owned_by: 'lockstep' };

async function bodyOf(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch {
    throw new OpenAiRefusal({ status: 400, message: 'Expected a JSON body.' });
  }
}
