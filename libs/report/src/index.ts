export { costsOverTime, type CostPoint } from './costs-over-time.ts';
export { fairShares } from './fair-shares.ts';
export { histogram } from './histogram.ts';
export { packTable, unpackTable, type CellValue, type Columns, type PackedTable } from './packed-table.ts';
export { DATA_ID, LIVE_ID, pageHtml, pagePolicy, type PageAsset, type PageOptions } from './page-html.ts';
export {
  DIFFERENCE_COLUMNS,
  REJECT_COLUMNS,
  type HistogramBin,
  type ListedTable,
  type ReportCorpus,
  type ReportData,
  type ReportEvaluation,
  type ReportInput,
  type ReportPlan,
  type ReportProblem,
  type ReportRun,
  type StoredElsewhere,
  type TextLengths,
} from './report-data.ts';
export { runBars, type RunBars, type StageBar } from './run-bars.ts';
export {
  hasEnded,
  type RunFailure,
  type RunKind,
  type RunNote,
  type RunRequest,
  type RunsEvent,
  type RunState,
  type RunView,
  type StageView,
} from './run-view.ts';
export type { Behind, ChunkShown, DroppedPoint, FoundChunk, PlanReply, SearchReply, ServeSettings } from './served.ts';
export { shortened } from './shortened.ts';
