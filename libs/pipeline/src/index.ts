export { isNoOp } from './compare/changes.ts';
export { guardDeletes, DEFAULT_DELETE_LIMIT, type DeleteLimit } from './compare/delete-guard.ts';
export { planEmbedding, type KnownKeys } from './compare/plan-embedding.ts';
export { createProjection, PAYLOAD_COLUMNS, payloadOf, type Projection } from './compare/projection.ts';
export type { Trust } from './compare/trust.ts';
export { openCorpus, type Corpus, type EmbedChoices, type OnlyStore, type VerifyChoices } from './corpus.ts';
export type { CorpusPorts, CorpusSettings, OpenCorpusOptions, Opened, Step, StepReport } from './corpus-ports.ts';
export { FILES, readChunkPages, readChunks } from './files/corpus-files.ts';
export { readReceipt, receiptIfThere } from './files/receipt-file.ts';
export { inputDigestOf } from './input/input-digest.ts';
export type { InputFile, InputFiles } from './input/input-file.ts';
export type { InputRecord } from './input/input-record.ts';
export { peekRecords, type PeekedRecords } from './input/peek-records.ts';
export type { ReadRecordsOptions } from './input/read-options.ts';
export type { RandomAccess } from './input/tables/read-parquet.ts';
export { readRecords } from './input/read-records.ts';
export { placeText, type RecordPlace } from './input/record-place.ts';
export { rejectedText } from './accept/rejected-text.ts';
export type { RecordsPlace } from './input/json/scan-json.ts';
export type { Unpackers } from './input/bytes/unpacked.ts';
export {
  corpusVerdict,
  type CorpusVerdict,
  type CorpusVerdictOptions,
  type VerdictState,
  type Verified,
} from './operations/corpus-verdict.ts';
export { corpusStatus, type StoreState, type StoreStatus } from './operations/corpus-status.ts';
export { acceptEdits, type RejectedEdit } from './operations/edit/accept-edits.ts';
export { deleteChunks } from './operations/edit/delete-chunks.ts';
export type { EditContext, EditOptions } from './operations/edit/edit-run.ts';
export { putChunks, type PutOptions } from './operations/edit/put-chunks.ts';
export { verifySlice, type VerifySliceOptions } from './operations/verify-slice.ts';
export { inspectInput, type Inspection, type InspectOptions } from './operations/inspect/inspect-input.ts';
export type { KeySummary } from './operations/inspect/key-tally.ts';
export type { LengthBin } from './operations/inspect/length-histogram.ts';
export type { TokenTally } from './operations/inspect/token-tally.ts';
export { dropCorpus, type DropOptions } from './operations/drop-corpus.ts';
export { checkRename, type RenameCheck, type RenameNames } from './operations/rename/check-rename.ts';
export { renameCorpus, type RenameOptions } from './operations/rename/rename-corpus.ts';
export {
  VERIFY_LEVELS,
  type ChangeReason,
  type ConversionSum,
  type CorpusPlan,
  type FieldName,
  type InputFacts,
  type InputNow,
  type InputSince,
  type Difference,
  type DeleteReceipt,
  type DropReceipt,
  type EmbeddingPlan,
  type EmbedReceipt,
  type FilesReport,
  type LoadReceipt,
  type OverlongChoice,
  type OverlongTexts,
  type PlanCounts,
  type ProvisionedStore,
  type ProvisionReceipt,
  type PutReceipt,
  type RecoverReceipt,
  type RejectSum,
  type RepeatedIds,
  type RenameReceipt,
  type RetainedRepair,
  type SliceReport,
  type ValidateReceipt,
  type VerifyCounts,
  type VerifyLevel,
  type VerifyReceipt,
} from './receipts.ts';
export {
  embedOnly,
  guardPlan,
  repairCorpus,
  runCorpus,
  type EmbedOnlyReceipts,
  type RepairOptions,
  type RepairReceipts,
  type RunLimits,
  type RunOptions,
  type RunReceipts,
} from './run.ts';
export { readAttempts, type Attempt, type AttemptStep } from './runs/attempt.ts';
export { endRun, graceSignal } from './runs/end-run.ts';
export { EDITED_INPUT } from './runs/edited-corpus.ts';
export { remembered, type Remembered } from './runs/remembered.ts';
export type { InputOrigin } from './runs/corpus-origin.ts';
export { overlongChoice } from './runs/overlong-choice.ts';
export { REFUSED_MAX, type EmbedOptions } from './stages/embed.ts';
export { DEFAULT_REJECT_LIMIT, type RejectLimit } from './accept/reject-limit.ts';
export { compareInput } from './stages/compare-input.ts';
export { basisDigest, type ValidateBasis } from './stages/validate-basis.ts';
export type { StageContext } from './work/stage-context.ts';
export { inStageOrder } from './work/stage-order.ts';
export type { AllStores, Stores } from './work/stores.ts';
