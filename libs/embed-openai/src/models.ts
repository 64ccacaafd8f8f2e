/** What is known of an embedding model of OpenAI's. */
export interface ModelFacts {
  /** Numbers in a vector where the request does not say otherwise. */
  readonly dimensions: number;
  /** US dollars for a million input tokens. */
  readonly dollarsPerMillionTokens: number;
}

/** Models by id. Source: https://platform.openai.com/docs/pricing and the models' pages, 2026-11. */
export const OPENAI_MODELS: Readonly<Record<string, ModelFacts>> = {
  'text-embedding-3-small': { dimensions: 1536, dollarsPerMillionTokens: 0.02 },
  'text-embedding-3-large': { dimensions: 3072, dollarsPerMillionTokens: 0.13 },
  'text-embedding-ada-002': { dimensions: 1536, dollarsPerMillionTokens: 0.1 },
};

export const DEFAULT_OPENAI_MODEL = 'text-embedding-3-small';

/** Price of tokens in US dollars; undefined for a model whose price is not known. */
export function priceOf(model: string, tokens: number): number | undefined {
  const facts = OPENAI_MODELS[model];
  return facts === undefined ? undefined : (tokens / 1_000_000) * facts.dollarsPerMillionTokens;
}

export const OPENAI_HOST = 'api.openai.com';

/** Host and port of a service that is not OpenAI's own; null for OpenAI. */
export function foreignHost(baseUrl: string | undefined): string | null {
  if (baseUrl === undefined) return null;
  const { host } = new URL(baseUrl);
  return host === OPENAI_HOST ? null : host;
}
