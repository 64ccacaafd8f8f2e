export { openSqliteLedger } from './ledger/sqlite-ledger.ts';
export { startEmbeddedQdrant, type EmbeddedQdrant, type EmbeddedQdrantOptions } from './qdrant/serve.ts';
