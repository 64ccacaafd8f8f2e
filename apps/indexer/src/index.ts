export {
  ERROR_CATALOGUE,
  EXIT,
  isIndexingError,
  type CorpusConfig,
  type ErrorCode,
  type ExitCode,
  type IndexingError,
} from '@lockstep/model';
export type {
  CorpusPlan,
  DropReceipt,
  EmbedReceipt,
  LoadReceipt,
  ProvisionReceipt,
  RecoverReceipt,
  ValidateReceipt,
  VerifyReceipt,
} from '@lockstep/pipeline';
