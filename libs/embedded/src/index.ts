export { openSqliteLedger } from './ledger/sqlite-ledger.ts';
export { countEmbeddedTokens } from './openai/count-embedded-tokens.ts';
export { EMBEDDED_DIMENSIONS, EMBEDDED_INPUT_TOKENS_MAX, EMBEDDED_MODEL } from './openai/embedded-model.ts';
export { createEmbeddedOpenAi, type EmbeddedOpenAi } from './openai/embedded-openai.ts';
export { createNeonHandler } from './postgres/neon-handler.ts';
export { openPglite, type OpenPgliteOptions } from './postgres/open-pglite.ts';
export { createPgBackend } from './postgres/pg-backend.ts';
export type { PostgresBackend } from './postgres/postgres-backend.ts';
export {
  startEmbeddedQdrant,
  type EmbeddedQdrant,
  type EmbeddedQdrantOptions,
} from './qdrant/start-embedded-qdrant.ts';
