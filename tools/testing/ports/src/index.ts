export { accessTo, blocksOf, encoded } from './blocks-of.ts';
export { bytesOf } from './bytes-of.ts';
export { collect } from './collect.ts';
export { AWKWARD_NUMBERS, AWKWARD_OBJECT, AWKWARD_TEXTS } from './suites/awkward-json.ts';
export { embedderSuite, type EmbeddersUnderTest } from './suites/embedder-suite.ts';
export { failureOf } from './failure-of.ts';
export { createInstantGuard, type InstantGuard } from './instant-guard.ts';
export { ledgerSuite, type LedgersUnderTest, type OldLedger } from './suites/ledger-suite.ts';
export { postgresTableSuite, type PostgresTablesUnderTest } from './suites/postgres-table-suite.ts';
export { rowStoreSuite, type RowStoresUnderTest } from './suites/row-store-suite.ts';
export { allTextOf } from './all-text-of.ts';
export { vectorStoreSuite, type VectorStoresUnderTest } from './suites/vector-store-suite.ts';
export { createLedgerState, createMemoryLedger, type LedgerState, type MemoryLedger } from './memory/memory-ledger.ts';
export { createMemoryArtifacts, type MemoryArtifacts } from './memory/memory-artifacts.ts';
export { createMemoryEmbeddings, type MemoryEmbeddings } from './memory/memory-embeddings.ts';
export {
  createMemoryDatabase,
  createMemoryRowStore,
  type MemoryDatabase,
  type MemoryRow,
  type MemoryRowStore,
} from './memory/memory-row-store.ts';
export {
  createMemoryVectorStore,
  type MemoryCollection,
  type MemoryPoint,
  type MemoryVectorStore,
} from './memory/memory-vector-store.ts';
export { createStubEmbedder, type StubEmbedder } from './stub-embedder.ts';
export { announceCalls } from './announce-calls.ts';
export { stubVector } from './stub-vector.ts';
export { itemsOf, watchCalls, type AroundCall, type PortCall, type PortName } from './watch-calls.ts';
export { sqlClientSuite, type SqlClientsUnderTest } from './suites/sql-client-suite.ts';
