export { openIndex, type Index } from './api/open-index.ts';
export type {
  ChangeLimits,
  IndexOptions,
  LoadOptions,
  OperationOptions,
  PlanOptions,
  RepairOptions,
  VerifyOptions,
} from './api/index-options.ts';
export type { IndexEvent, LogEvent, StageEnded, StageProgress, StageStarted } from './api/index-event.ts';
export type { PlannedRun } from './wiring/corpus-operations.ts';
export type { Hit, SearchOptions, SearchResult } from '@lockstep/reader/create-reader';
export {
  ERROR_CATALOGUE,
  EXIT,
  IndexingError,
  isIndexingError,
  type Calls,
  type CorpusConfig,
  type Disposition,
  type ErrorCode,
  type ErrorDetails,
  type ExitCode,
  type PayloadFilter,
  type StoreName,
} from '@lockstep/model';
export type {
  CorpusPlan,
  Difference,
  DropReceipt,
  EmbedReceipt,
  LoadReceipt,
  PlanCounts,
  ProvisionReceipt,
  RecoverReceipt,
  RepairReceipts,
  RetainedRepair,
  RunReceipts,
  ValidateReceipt,
  VerifyLevel,
  VerifyReceipt,
} from '@lockstep/pipeline';
