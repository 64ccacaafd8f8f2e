export { countCl100kTokens } from './count-tokens.ts';
export { DEFAULT_OPENAI_MODEL, OPENAI_MODELS, thirdPartyHost, type ModelFacts } from './models.ts';
export { createOpenAiEmbedder, type OpenAiEmbedderOptions } from './openai-embedder.ts';
export type { RequestLimits } from './request-limits.ts';
