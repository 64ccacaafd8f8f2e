import type {
  Artifacts,
  Calls,
  Clock,
  DeleteMode,
  Embedder,
  EmbedderIdentity,
  EmbeddingCache,
  EmbeddingReader,
  EmbeddingSlice,
  Fields,
  Ledger,
  Logger,
  OverlongMode,
  RowStore,
  Stage,
  StoreName,
  Telemetry,
  VectorStore,
} from '@lockstep/model';
import type { InputFiles } from './input/input-file.ts';
import type { RejectLimit } from './accept/reject-limit.ts';
import type { KnownKeys } from './compare/plan-embedding.ts';
import type { Projection } from './compare/projection.ts';
import type { OverlongChoice, ValidateReceipt } from './receipts.ts';
import type { InputOrigin } from './runs/corpus-origin.ts';
import type { StageContext } from './work/stage-context.ts';

/** The settings of a corpus that its stages share. */
export interface CorpusSettings {
  readonly name: string;
  /** Which fields points carry, and in what form. */
  readonly projection: Projection;
  /** The embedder of its vectors. */
  readonly identity: EmbedderIdentity;
  readonly deletes: DeleteMode;
  /** What becomes of a text that is too long for the model. @default what `overlongChoice` finds */
  readonly overlong?: OverlongMode | undefined;
  /** Where the records and their fields are. @default what is recognised */
  readonly fields?: Fields | undefined;
  /** The input, as the run table keeps it. @default it is not remembered */
  readonly input?: InputOrigin | undefined;
  /** Whether the ids of the chunks may come from elsewhere than those that were loaded before. @default false */
  readonly allowNewIds?: boolean | undefined;
  /** How many records may be left out. @default any number */
  readonly rejectLimit?: RejectLimit | undefined;
  /** Chunks in one request, at most; the services' own limits apply as well. */
  readonly batchItems: { readonly embed: number; readonly qdrant: number; readonly neon: number };
  /** Requests under way at once to one service. */
  readonly concurrency: { readonly embed: number; readonly load: number };
}

/** Something that is opened for one stage and closed after it. */
export type Opened<Thing> = Thing & { close(): Promise<void> };

/** How a corpus reaches its input and the services. Each is called by the stages that use it, and by no other. */
export interface CorpusPorts {
  /** Calls `read` with the files of the input, each opened when it is asked for, and closes them when `read` has ended. */
  input<Result>(read: (input: InputFiles) => Promise<Result>): Promise<Result>;
  /** Digest of the input as it is now; null where it cannot be read again. @default verify does not look at the input */
  inputDigest?(): Promise<string | null>;
  embedder(): Promise<Embedder>;
  vectors(): Promise<VectorStore>;
  rows(): Promise<RowStore>;
  /** Undefined when only points are loaded and no Postgres is configured: then there is no fence and no stamp. */
  ledger(only: StoreName | undefined): Promise<Ledger | undefined>;
  /** The cache of this embedder, which also adopts and writes the slice of the corpus. */
  cache(identity: EmbedderIdentity): Promise<Opened<EmbeddingCache>>;
  /** The slice of the corpus, as `embed` wrote it. */
  slice(): Promise<Opened<EmbeddingSlice>>;
  /** The slice and the cache, opened for reading only: what a plan need not count as to be paid for. */
  known(): Promise<Opened<EmbeddingReader & KnownKeys>>;
  /**
   * The receipt of chunks that were made from the same input and settings, for `validate` with `reuse`. `overlong` tells what
   * becomes of texts that are too long. @default none
   */
  reusableChunks?(overlong: () => Promise<OverlongChoice>): Promise<ValidateReceipt | undefined>;
}

/** What a corpus does at once: a stage or an operation. */
export type Step = Stage | 'plan' | 'repair' | 'recover';

/** How a step reports what it does. */
export interface StepReport {
  readonly logger: Logger;
  readonly onProgress?: StageContext['onProgress'];
  /** Called when the step has ended, with whether it did what it was to do. */
  end?(ok: boolean): void;
}

/** What `openCorpus` binds together. */
export interface OpenCorpusOptions {
  readonly settings: CorpusSettings;
  readonly ports: CorpusPorts;
  /** The files that the stages write for each other. */
  readonly artifacts: Artifacts;
  readonly clock: Clock;
  /** Called when a step begins. */
  readonly report: (step: Step) => StepReport;
  /** Receives a span for each run and each step. @default NO_TELEMETRY */
  readonly telemetry?: Telemetry | undefined;
  /** Makes the id of a run, or a nonce; never the same twice. */
  readonly newId: () => string;
  readonly signal?: AbortSignal | undefined;
  /** Requests to each service so far. @default none are counted */
  readonly calls?: (() => Calls) | undefined;
  /** US dollars for a million tokens, for the run table. @default it is not known */
  readonly price?: number | undefined;
}
