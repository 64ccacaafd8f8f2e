export {
  openIndex,
  type ChangeLimits,
  type Index,
  type IndexOptions,
  type LoadOptions,
  type OperationOptions,
  type PlanOptions,
  type RepairOptions,
  type VerifyOptions,
} from './api/open-index.ts';
export type { IndexEvent, LogEvent, StageEnded, StageProgress, StageStarted } from './api/index-event.ts';
export type { PlannedRun } from './wiring/corpus-operations.ts';
export type { Hit, SearchOptions, SearchResult } from '@lockstep/reader/create-reader';
export {
  ERROR_CATALOGUE,
  EXIT,
  IndexingError,
  isIndexingError,
  type CorpusConfig,
  type ErrorCode,
  type ExitCode,
  type PayloadFilter,
} from '@lockstep/model';
export type {
  CorpusPlan,
  DropReceipt,
  EmbedReceipt,
  LoadReceipt,
  ProvisionReceipt,
  RecoverReceipt,
  RepairReceipts,
  RunReceipts,
  ValidateReceipt,
  VerifyReceipt,
} from '@lockstep/pipeline';
