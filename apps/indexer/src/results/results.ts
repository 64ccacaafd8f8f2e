import type { StoreName } from '@lockstep/model';
import type { CacheRepair } from '@lockstep/embedding-cache';
import type {
  CorpusPlan,
  DropReceipt,
  EmbeddingPlan,
  EmbedReceipt,
  Inspection,
  LoadReceipt,
  OverlongTexts,
  ProvisionedStore,
  ProvisionReceipt,
  RecoverReceipt,
  RenameReceipt,
  RepairReceipts,
  RunReceipts,
  ValidateReceipt,
  VerifyReceipt,
} from '@lockstep/pipeline';
import type { ChunkShown } from '@lockstep/report';
import type { EvaluateResult } from './evaluate-result.ts';
import type { ModelCost } from '../settings/model-costs.ts';
import type { ServiceReport } from '../text/doctor-text.ts';
import type { LeftOut } from '../text/left-out-text.ts';
import type { CorpusStanding, StandingState } from '../status/corpus-standing.ts';
import type { CorpusReceipts } from '../status/summary-text.ts';
import type { Status } from '../status/workspace-status.ts';

// What each command prints with `--json`, as docs/results.schema.json describes it. Fields may be added; those that are here keep
// their names and meanings, or `schemaVersion` grows.

/** What every result begins with. */
export interface ResultHead {
  /** Version of the names in this result. */
  readonly schemaVersion: 1;
  /** Whether the exit code is 0. */
  readonly ok: boolean;
}

/** Why a command failed, or would. */
export interface ResultError {
  /** One of the codes in docs/errors.md. */
  readonly code: string;
  readonly message: string;
  /** What to do. */
  readonly advice: string;
}

/** What a command prints that failed. */
export interface FailedResult extends ResultHead {
  readonly ok: false;
  readonly error: ResultError & {
    /** The stage or operation that failed; null for what is no part of one. */
    readonly stage: string | null;
    /** Numbers and names that the message has too. */
    readonly details: Readonly<Record<string, unknown>>;
  };
}

/** A plan with its price. */
export interface PlanResult extends Omit<CorpusPlan, 'embedding' | 'overlong' | 'stores'> {
  readonly overlong: (OverlongTexts & { readonly cost: number | null }) | null;
  /** In US dollars; null where the price is not known. */
  readonly embedding: EmbeddingPlan & {
    readonly dollarsPerMillionTokens: number | null;
    readonly cost: number | null;
    readonly saved: number | null;
  };
  readonly stores: Readonly<Partial<Record<StoreName, Pick<ProvisionedStore, 'target' | 'count' | 'depth' | 'plan'>>>>;
  /** Null where no store was asked. */
  readonly nothingToDo: boolean | null;
  /** Why a run would be refused. */
  readonly refused?: ResultError;
}

/** A corpus.json, which corpus.schema.json describes. */
export type CorpusJson = Readonly<Record<string, unknown>>;

export interface InitResult {
  readonly path: string;
  readonly corpusJson: CorpusJson;
  readonly records: number;
  readonly accepted: number;
  /** The line to type next. */
  readonly next: string;
  readonly dryRun: boolean;
  readonly gitIgnores: 'folder' | 'input' | null;
  readonly note: string | null;
}

export interface InspectResult extends Omit<Inspection, 'models'> {
  /** The error of a run of this input. */
  readonly error: ResultError | null;
  readonly models: readonly ModelCost[];
  /** The corpus.json that `init` would write; null where the input is no file. */
  readonly corpusJson: CorpusJson | null;
}

export interface SearchResults {
  readonly question: string;
  /** Best first. */
  readonly results: readonly ChunkShown[];
  /** Points without a row of the same content. */
  readonly dropped: number;
}

/** Printed when the server is ready, before the command ends. */
export interface ServeResult {
  /** With the token, which is new for each server. */
  readonly url: string;
  readonly port: number;
  readonly allowWrites: boolean;
}

export interface RuntimeResult {
  readonly embedder: unknown;
  readonly input: unknown;
  readonly overlong: string;
}

/** What is done for each corpus of a workspace. */
export interface EveryResult<Result> {
  readonly corpora: readonly (CorpusEnd & ((Result & { readonly ok: boolean }) | FailedResult))[];
  /** Corpora that were not tried, since the command was stopped. */
  readonly notTried: readonly string[];
}

export interface CorpusEnd {
  readonly corpus: string;
  readonly folder: string;
  /** The exit code for this corpus. */
  readonly exit: number;
}

/** A drop where there was nothing to delete has no receipt. */
type DropResult = DropReceipt | Pick<DropReceipt, 'corpus' | 'deleted'>;

type RenameResult =
  | RenameReceipt
  | {
      readonly from: string;
      readonly to: string;
      readonly step: RenameReceipt['step'];
      readonly found: Readonly<Record<StoreName, number>>;
      readonly targets: Readonly<Record<StoreName, string>>;
    };

type RunResult = RunReceipts | Pick<RunReceipts, 'validate' | 'embed'>;

/** Why a stage of a repair has another name here: `unmentioned` are the retained chunks. */
type RepairResult =
  | (Pick<RepairReceipts, 'plan' | 'embed' | 'load-qdrant' | 'load-neon' | 'verify'> & {
      readonly unmentioned: RepairReceipts['retained'];
    })
  | PlanResult;

/** What was compared, and the records that could not be, since they were rejected; null where it is not known here. */
type VerifyResult = VerifyReceipt & { readonly leftOut: LeftOut | null };

/** How much of a list is in a report. */
interface ListedPart {
  readonly listed: number;
  readonly total: number;
}

export interface ReportResult {
  /** The HTML file. */
  readonly path: string;
  readonly bytes: number;
  readonly corpora: readonly { readonly corpus: string; readonly state: StandingState }[];
  /** Runs that it shows. */
  readonly runs: number;
  readonly rejects: ListedPart;
  readonly differences: ListedPart;
  /** What could not be asked or read, and why; it is in the report too. */
  readonly problems: readonly string[];
}

/** The result of each command. */
export interface Results {
  readonly inspect: ResultHead & InspectResult;
  readonly init: ResultHead & InitResult;
  readonly plan: ResultHead & (PlanResult | EveryResult<PlanResult>);
  readonly run: ResultHead & (RunResult | EveryResult<RunResult>);
  readonly search: ResultHead & SearchResults;
  readonly evaluate: ResultHead & EvaluateResult;
  readonly status: ResultHead & Status;
  readonly report: ResultHead & ReportResult;
  readonly summary: ResultHead & { readonly corpora: readonly (CorpusReceipts & CorpusStanding)[] };
  readonly serve: ResultHead & ServeResult;
  readonly repair: ResultHead & (RepairResult | EveryResult<RepairResult>);
  readonly rename: ResultHead & RenameResult;
  readonly drop: ResultHead & DropResult;
  readonly 'cache recover': ResultHead & RecoverReceipt;
  readonly 'cache repair': ResultHead & CacheRepair & { readonly cache: string };
  readonly validate: ResultHead & ValidateReceipt;
  readonly embed: ResultHead & EmbedReceipt;
  readonly provision: ResultHead & ProvisionReceipt;
  readonly 'load-qdrant': ResultHead & LoadReceipt;
  readonly 'load-neon': ResultHead & LoadReceipt;
  readonly verify: ResultHead & (VerifyResult | EveryResult<VerifyResult>);
  readonly doctor: ResultHead & { readonly services: readonly ServiceReport[] };
  readonly runtime: ResultHead & RuntimeResult;
  readonly failed: FailedResult;
}
