export { FILES, readChunks, readHeld } from './corpus-files.ts';
export {
  VERIFY_LEVELS,
  type Difference,
  type VerifyCounts,
  type VerifyLevel,
  type VerifyReceipt,
} from './difference.ts';
export { embed, type EmbedOptions, type EmbedReceipt } from './embed.ts';
export { loadNeon, type LoadNeonOptions } from './load-neon.ts';
export { loadQdrant, type LoadQdrantOptions } from './load-qdrant.ts';
export type { LoadReceipt } from './load-store.ts';
export type { PlanCounts } from './plan.ts';
export { createProjection, payloadOf, type Projection } from './projection.ts';
export { provision, type ProvisionOptions } from './provision.ts';
export { readRecords, type InputRecord } from './read-records.ts';
export { readReceipt } from './receipt-file.ts';
export type { RunFile } from './run-file.ts';
export { search, type SearchResult } from './search.ts';
export type { StageContext } from './stage-context.ts';
export { validate, type ValidateOptions, type ValidateReceipt } from './validate.ts';
export { verify, type VerifyOptions } from './verify.ts';
