import { seededRandom } from '../seeded-random.ts';
import { unknownRequest, type DoubleReply, type DoubleRequest } from './serve.ts';

/** Numbers in a vector, as many as `text-embedding-3-small` gives. */
export const DIMENSIONS = 1536;

/** Vectors that were made beforehand; a text always gets the same one of them. */
const POOL = 512;

/** Answers `POST /v1/embeddings` with base64 of unit vectors, at once, whatever the model is called. */
export function createOpenAiDouble(): (request: DoubleRequest) => DoubleReply {
  const random = seededRandom(7);
  const pool = Array.from({ length: POOL }, () => base64Of(unitVector(random)));
  return ({ method, path, body }) => {
    if (method !== 'POST' || path !== '/v1/embeddings') throw unknownRequest(`${method} ${path}`);
    const { input, model, encoding_format: encoding } = JSON.parse(body.toString()) as EmbeddingsRequest;
    if (!Array.isArray(input) || encoding !== 'base64')
      throw unknownRequest('any input but a list, answered in base64');
    const data = input.map(
      (text, index) => `{"object":"embedding","index":${index},"embedding":"${pool[hashOf(text) % POOL] as string}"}`,
    );
    const tokens = Math.ceil(input.reduce((sum, text) => sum + text.length, 0) / 4);
    const usage = JSON.stringify({ prompt_tokens: tokens, total_tokens: tokens });
    return { json: `{"object":"list","data":[${data.join(',')}],"model":${JSON.stringify(model)},"usage":${usage}}` };
  };
}

interface EmbeddingsRequest {
  readonly input: readonly string[];
  readonly model: string;
  readonly encoding_format?: string;
}

function unitVector(random: () => number): Float32Array {
  const vector = Float32Array.from({ length: DIMENSIONS }, () => random() - 0.5);
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

function base64Of(vector: Float32Array): string {
  return Buffer.from(vector.buffer).toString('base64');
}

/** FNV-1a over the last units of a text, which are enough to tell the generated ones apart. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = Math.max(0, text.length - 32); at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  }
  return hash;
}
