/** Facts about one of OpenAI's embedding models. */
export interface ModelFacts {
  /** Numbers in a vector, unless the request names another count. */
  readonly dimensions: number;
  /** US dollars for a million input tokens. */
  readonly dollarsPerMillionTokens: number;
}

/**
 * Models by id, with the price of a plain request; the cheaper Batch API is not used. Source:
 * https://developers.openai.com/api/docs/models/text-embedding-3-large, which names the small model's price too, and
 * for text-embedding-ada-002 the price lists of resellers; seen 2026-11-21.
 */
export const OPENAI_MODELS: Readonly<Record<string, ModelFacts>> = {
  'text-embedding-3-small': { dimensions: 1536, dollarsPerMillionTokens: 0.02 },
  'text-embedding-3-large': { dimensions: 3072, dollarsPerMillionTokens: 0.13 },
  'text-embedding-ada-002': { dimensions: 1536, dollarsPerMillionTokens: 0.1 },
};

/** The model that is used where none is configured. */
export const DEFAULT_OPENAI_MODEL = 'text-embedding-3-small';

/** The host of OpenAI's own API. */
export const OPENAI_HOST = 'api.openai.com';

/** Host and port of a service that is not OpenAI's own; null for OpenAI. */
export function thirdPartyHost(baseUrl: string | undefined): string | null {
  if (baseUrl === undefined) return null;
  const { host } = new URL(baseUrl);
  return host === OPENAI_HOST ? null : host;
}

/**
 * Limits of one embedding request. Source: the docstrings of `EmbeddingCreateParams.input` in openai 7.59.0: an input
 * has at most 8,192 tokens, an array at most 2,048 inputs, a request at most 300,000 tokens summed over its inputs.
 */
export const OPENAI_LIMITS = { inputTokensMax: 8192, itemsMax: 2048, requestTokensMax: 300_000 } as const;
