export { FILES, readChunkPages, readChunks } from './corpus-files.ts';
export {
  VERIFY_LEVELS,
  type Difference,
  type VerifyCounts,
  type VerifyLevel,
  type VerifyReceipt,
} from './difference.ts';
export { DEFAULT_DELETE_LIMIT, guardDeletes, type DeleteLimit } from './delete-guard.ts';
export { dropCorpus, type DropOptions, type DropReceipt } from './drop-corpus.ts';
export { corpusStatus, type StoreState, type StoreStatus } from './corpus-status.ts';
export { embed, REFUSED_MAX, type EmbedOptions, type EmbedReceipt } from './embed.ts';
export { loadNeon, type LoadNeonOptions } from './load-neon.ts';
export { loadQdrant, type LoadQdrantOptions } from './load-qdrant.ts';
export type { LoadReceipt } from './load-store.ts';
export { isNoOp, type ChangeReason, type PlanCounts } from './plan.ts';
export { planCorpus, type CorpusPlan, type PlanOptions } from './plan-corpus.ts';
export { planEmbedding, type EmbeddingPlan, type KnownKeys } from './plan-embedding.ts';
export { createProjection, payloadOf, type Projection } from './projection.ts';
export { provision, type ProvisionOptions } from './provision.ts';
export { readRecords, type InputRecord } from './read-records.ts';
export { readReceipt, receiptIfThere } from './receipt-file.ts';
export { overtaken, type ProvisionedStore, type RunFile } from './run-file.ts';
export { search, type SearchResult } from './search.ts';
export { endRun, lastWord, type RunResult } from './run-end.ts';
export { recoverEmbeddings, type RecoverReceipt } from './recover-embeddings.ts';
export { repairUnmentioned, type UnmentionedRepair } from './repair-unmentioned.ts';
export type { Calls, StageContext } from './stage-context.ts';
export { basisDigest, type ValidateBasis } from './validate-basis.ts';
export { validate, type ValidateOptions, type ValidateReceipt } from './validate.ts';
export { verify } from './verify.ts';
export type { VerifyOptions } from './verify-options.ts';
