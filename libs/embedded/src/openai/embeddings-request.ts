import { isJsonObject } from '@lockstep/model';
import { countEmbeddedTokens } from './count-embedded-tokens.ts';
import { EMBEDDED_DIMENSIONS, EMBEDDED_INPUT_TOKENS_MAX, EMBEDDED_MODEL } from './embedded-model.ts';
import { OpenAiRefusal } from './openai-refusal.ts';

export interface EmbeddingsRequest {
  readonly texts: readonly string[];
  readonly format: 'float' | 'base64';
  /** Number of tokens in all texts. */
  readonly tokens: number;
}

/** Most inputs in one request, as for OpenAI. */
const ITEMS_MAX = 2048;

const KNOWN_KEYS = new Set(['model', 'input', 'encoding_format', 'dimensions', 'user']);

/** Reads the body of `POST /v1/embeddings`. What the model does not support is refused and never ignored. */
export function readEmbeddingsRequest(body: unknown): EmbeddingsRequest {
  if (!isJsonObject(body)) throw refused('Expected a JSON object.');
  const unknown = Object.keys(body).find((key) => !KNOWN_KEYS.has(key));
  if (unknown !== undefined) throw refused(`The embedded model does not support ${unknown}.`, unknown);
  if (body['model'] !== EMBEDDED_MODEL) {
    throw new OpenAiRefusal({
      status: 404,
      code: 'model_not_found',
      param: 'model',
      message: `The embedded service has one model, ${EMBEDDED_MODEL}.`,
    });
  }
  const dimensions = body['dimensions'] ?? EMBEDDED_DIMENSIONS;
  if (dimensions !== EMBEDDED_DIMENSIONS) {
    throw refused(`The embedded model has ${EMBEDDED_DIMENSIONS} dimensions and never pads them.`, 'dimensions');
  }
  const format = body['encoding_format'] ?? 'float';
  if (format !== 'float' && format !== 'base64') throw refused('Expected float or base64.', 'encoding_format');
  const texts = readTexts(body['input']);
  const counts = texts.map(countEmbeddedTokens);
  const long = counts.findIndex((tokens) => tokens > EMBEDDED_INPUT_TOKENS_MAX);
  if (long >= 0) {
    throw refused(
      `Input ${long} has ${counts[long]} tokens; the embedded model reads at most ${EMBEDDED_INPUT_TOKENS_MAX}.`,
      'input',
    );
  }
  return { texts, format, tokens: counts.reduce((sum, tokens) => sum + tokens, 0) };
}

function readTexts(input: unknown): string[] {
  const texts: unknown[] = Array.isArray(input) ? input : [input];
  if (texts.length === 0 || texts.length > ITEMS_MAX) {
    throw refused(`Expected 1 to ${ITEMS_MAX} inputs, found ${texts.length}.`, 'input');
  }
  return texts.map((text, at) => {
    if (typeof text !== 'string') throw refused(`Expected strings; input ${at} is something else.`, 'input');
    if (text === '') throw refused(`Expected a text; input ${at} is empty.`, 'input');
    return text;
  });
}

function refused(message: string, param?: string): OpenAiRefusal {
  return new OpenAiRefusal({ status: 400, message, ...(param === undefined ? {} : { param }) });
}
