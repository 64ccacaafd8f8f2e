export { countCl100kTokens } from './count-tokens.ts';
export { DEFAULT_OPENAI_MODEL, OPENAI_MODELS, priceOf, type ModelFacts } from './models.ts';
export { createOpenAiEmbedder, foreignHost, type OpenAiEmbedderOptions } from './openai-embedder.ts';
export { OPENAI_LIMITS, type RequestLimits } from './request-limits.ts';
