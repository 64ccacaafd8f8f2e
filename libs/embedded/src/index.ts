export { openSqliteLedger } from './ledger/sqlite-ledger.ts';
export { countEmbeddedTokens } from './openai/count-embedded-tokens.ts';
export { EMBEDDED_DIMENSIONS, EMBEDDED_INPUT_TOKENS_MAX, EMBEDDED_MODEL } from './openai/embedded-model.ts';
export { createEmbeddedOpenAi, type EmbeddedOpenAi } from './openai/embedded-openai.ts';
export { openPglite, type OpenPgliteOptions, type PgliteDatabase } from './postgres/open-pglite.ts';
export { createPgliteClient } from './postgres/pglite-client.ts';
export {
  startEmbeddedQdrant,
  type EmbeddedQdrant,
  type EmbeddedQdrantOptions,
} from './qdrant/start-embedded-qdrant.ts';
