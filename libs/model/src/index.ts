export type {
  Artifacts,
  ArtifactWriter,
  CacheEntry,
  EmbeddingCache,
  EmbeddingReader,
  EmbeddingSlice,
  Scratch,
} from './artifacts.ts';
export type { Chunk, RejectCode, Rejection, IndexedChunk } from './chunk.ts';
export {
  CollectionName,
  CORPUS_DEFAULTS,
  CorpusConfigSchema,
  CorpusName,
  FieldsSchema,
  isTableName,
  OVERLONG_MODES,
  TableName,
  type CorpusConfig,
  type DeleteMode,
  type Fields,
  type OverlongMode,
} from './corpus-config.ts';
export { isAddress, type CorpusInputPart } from './corpus-input.ts';
export { counted } from './counted.ts';
export { parseCreatedAt } from './record/created-at.ts';
export { fitTokens } from './long-texts/fit-tokens.ts';
export { ERROR_CATALOGUE, EXIT, type ErrorCode, type ExitCode } from './error-catalogue.ts';
export {
  MEASURES,
  type EvaluatedRun,
  type EvaluationRecord,
  type MeasuredMean,
  type MeasureName,
  type QuestionScores,
} from './ledger/evaluation.ts';
export {
  contentHashOf,
  createDigest,
  embeddingKeyOf,
  pointIdOf,
  sha256Hex,
  windowsKeyOf,
  type EmbedderIdentity,
  type WindowShape,
} from './identity.ts';
export {
  IndexingError,
  invariant,
  isIndexingError,
  strippedCause,
  type Disposition,
  type ErrorDetails,
  withCorpus,
} from './indexing-error.ts';
export { canonicalJson, isJsonObject, type JsonObject, type JsonValue } from './json.ts';
export { isKeptAs } from './payload/payload-values.ts';
export { didYouMean, editDistance, nearNames } from './near-names.ts';
export type {
  FenceHolder,
  Ledger,
  RunCounts,
  RunEnd,
  RunKind,
  RunOutcome,
  RunRecord,
  RunStart,
  Stamp,
} from './ledger/ledger.ts';
export { meanVector, type WeightedVector } from './long-texts/mean-vector.ts';
export {
  SILENT,
  type CallOptions,
  type CallStats,
  type Clock,
  type CollectionFacts,
  type CollectionSpec,
  type Embedder,
  type LogFields,
  type Logger,
  type Point,
  type PointPayload,
  type PossiblyPaid,
  type RowState,
  type RowStore,
  type RowWrite,
  type ScanOptions,
  type SearchHit,
  type SearchQuery,
  type ServiceInfo,
  type StoreCensus,
  type StoredPoint,
  type VectorStore,
} from './ports.ts';
export {
  checkPayloadFilter,
  type FieldCondition,
  type NumberRange,
  type PayloadFilter,
} from './payload/payload-filter.ts';
export { isLoopback, isPrivateAddress } from './secrets/private-address.ts';
export { packByBytes } from './pack-by-bytes.ts';
export { CHUNK_ID_BYTES_MAX, COLUMNS, ID_ALIASES, parseRecord, TEXT_ALIASES } from './record/record.ts';
export { relaxRecord, type Conversion, type ConversionKind } from './record/relax-record.ts';
export { ROW_BYTES_MAX, rowBytes, rowTooLarge, STATEMENT_BYTES } from './row-bytes.ts';
export { ANSWER_BYTES_MAX, answerTooLarge, isAnswerTooLarge } from './sql/answer-too-large.ts';
export { postgresUnavailable, refusedByPostgres, sqlStateOf, type PostgresError } from './sql/refused-by-postgres.ts';
export type { Calls, RunWork, StageRecord } from './ledger/run-work.ts';
export { evaluationColumns, toEvaluationRecord, toQuestionScores } from './sql/evaluation-row.ts';
export { runEndColumns, toRunRecord } from './sql/run-row.ts';
export { runStatements, type RunStatementsOptions } from './sql/run-statements.ts';
export type { SqlClient, SqlParameter, SqlRow, Statement } from './sql/sql-client.ts';
export { statementFacts } from './sql/statement-facts.ts';
export { sqlParser } from './sql/sql-parser.ts';
export { sqlText } from './sql/sql-text.ts';
export { STAGE_DEPENDENCIES, STAGES, type Stage } from './stages.ts';
export { STORES, type Dependency, type StoreName } from './stores.ts';
export type { Facts } from './telemetry/facts.ts';
export { METRICS, type MetricKind, type MetricName } from './telemetry/metrics.ts';
export {
  NO_TELEMETRY,
  type CallKind,
  type Span,
  type SpanEvent,
  type SpanKind,
  type SpanParent,
  type Telemetry,
} from './telemetry/telemetry.ts';
export { utf8Bytes } from './utf8-bytes.ts';
export { createVendorTextRedactor, type VendorTextRedactor } from './secrets/vendor-text-redactor.ts';
export { isMean, sentTexts, sentUnderKey, type SentPart, type SentTexts } from './long-texts/sent-texts.ts';
export { createTextMeasure, type MeasuredModel } from './long-texts/text-measure.ts';
export { textWindows, WINDOWS_MAX, windowShape, type TextMeasure, type TextWindow } from './long-texts/text-windows.ts';
