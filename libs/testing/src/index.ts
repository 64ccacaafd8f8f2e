export { bytesOf } from './bytes-of.ts';
export { collect } from './collect.ts';
export { AWKWARD_NUMBERS, AWKWARD_OBJECT, AWKWARD_TEXTS } from './awkward-json.ts';
export { failureOf } from './failure-of.ts';
export { createInstantGuard, type InstantGuard } from './instant-guard.ts';
export { ledgerSuite, type LedgersUnderTest, type OldLedger } from './ledger-suite.ts';
export { postgresTableSuite, type PostgresTablesUnderTest } from './postgres-table-suite.ts';
export { rowStoreSuite, type RowStoresUnderTest } from './row-store-suite.ts';
export { saidBy } from './said-by.ts';
export { vectorStoreSuite, type VectorStoresUnderTest } from './vector-store-suite.ts';
export { startStubOpenAi, stubVector, type Script, type StubOpenAi } from './stub-openai.ts';
export { createLedgerState, createMemoryLedger, type LedgerState, type MemoryLedger } from './memory-ledger.ts';
export { createMemoryArtifacts, type MemoryArtifacts } from './memory-artifacts.ts';
export { createMemoryEmbeddings, type MemoryEmbeddings } from './memory-embeddings.ts';
export { createMemoryRowStore, type MemoryRow, type MemoryRowStore } from './memory-row-store.ts';
export {
  createMemoryVectorStore,
  type MemoryCollection,
  type MemoryPoint,
  type MemoryVectorStore,
} from './memory-vector-store.ts';
export { createStubEmbedder, type StubEmbedder } from './stub-embedder.ts';
export { createCorpusRig, NO_COSTS, type CorpusRig, type CorpusRigOptions, type RigCosts } from './corpus-rig.ts';
export { announceCalls } from './announce-calls.ts';
export { inBothStores, storedTexts, type StoredTexts } from './stored-texts.ts';
export { reconcileCases, type ReconcileCase } from './reconcile/actions.ts';
export type { DriftingStores } from './reconcile/drift.ts';
export { reconcile, type ReconcileOptions } from './reconcile/reconcile.ts';
export { TELLING_CASES } from './reconcile/telling-cases.ts';
export { countInputs, createStubOpenAiHandler } from './stub-openai-handler.ts';
export { startFaultServer, type FaultServer, type FaultServerOptions, type Handler } from './faults/fault-server.ts';
export type { FaultCounts, FaultRecord, RequestEnd } from './faults/fault-record.ts';
export type { Fault, FaultRule, FaultScript } from './faults/fault-rule.ts';
export { startFaultyServices, type FaultyServices, type FaultyServicesOptions } from './faults/faulty-services.ts';
export { forwardTo } from './faults/forward-to.ts';
export { createManualClock, type ManualClock } from './faults/manual-clock.ts';
export { readFaultScript } from './faults/read-fault-script.ts';
export { scaledClock } from './faults/scaled-clock.ts';
