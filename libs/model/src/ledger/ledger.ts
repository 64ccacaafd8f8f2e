import type { ErrorCode } from '../error-catalogue.ts';
import type { OverlongMode } from '../corpus-config.ts';
import type { EvaluationRecord, QuestionScores } from './evaluation.ts';
import type { CallOptions } from '../ports.ts';
import type { RunWork } from './run-work.ts';
import type { StoreName } from '../stores.ts';

/** What a store holds of a corpus since the last load that finished. */
export interface Stamp {
  /** Digest of what was loaded: ids, hashes, projection, and the store it was written to. */
  readonly digest: string;
  /** Random; tells one load from another with the same digest. */
  readonly nonce: string;
  /** Exact number of points or rows of the corpus in the store when the stamp was written. */
  readonly count: number;
}

/** The run that a fence belongs to. */
export interface FenceHolder {
  readonly fence: number;
  readonly runId: string;
  readonly digest: string;
}

/**
 * What a run was started for. `rename`: to get the chunks of another corpus, whose own run of the same `runId` is a `drop`.
 * `edit`: to write or delete some chunks of a corpus that has no input.
 */
export type RunKind = 'load' | 'repair' | 'drop' | 'rename' | 'edit';

/** A run when it takes its fence. */
export interface RunStart {
  readonly runId: string;
  readonly kind: RunKind;
  /** Digest of the chunks in the input. */
  readonly digest: string;
  /** Embedding model; null for a run without one. */
  readonly model: string | null;
  /** Addresses of the stores for display; null for a store that the run does not use. */
  readonly qdrantTarget: string | null;
  readonly neonTarget: string | null;
  /** What the corpus does with texts that are too long; absent in a drop, and in runs of versions that had no windows. */
  readonly overlong?: OverlongMode | undefined;
  /** The input: its path from the root of the workspace with `/`, or its address without a query. Absent in a drop and in earlier versions. */
  readonly input?: string | undefined;
  /** What the ids of the chunks came from, as `encodeIdSource` writes it. Absent in a drop and in earlier versions. */
  readonly shape?: string | undefined;
  /** ISO 8601, UTC, milliseconds. */
  readonly startedAt: string;
}

/** `done`: verify found both stores in step, a drop deleted the corpus, or an edit read back what it wrote. `differ`: verify found differences. */
export type RunOutcome = 'done' | 'differ' | 'failed' | 'overtaken';

/** Chunks, points and rows of a run; null if the run ended before, or does not use the store. */
export interface RunCounts {
  readonly input: number | null;
  readonly qdrant: number | null;
  readonly neon: number | null;
  readonly pointsWritten: number | null;
  readonly pointsDeleted: number | null;
  readonly rowsWritten: number | null;
  readonly rowsDeleted: number | null;
}

/** How a run ended. */
export interface RunEnd {
  /** ISO 8601, UTC, milliseconds. */
  readonly finishedAt: string;
  readonly outcome: RunOutcome;
  /** The error that ended it; null if none did. */
  readonly error: ErrorCode | null;
  readonly counts: RunCounts;
  /** Tokens that the embedding service charged for in this run; null if nothing was embedded or replayed. */
  readonly tokensPaid: number | null;
  /** About how many tokens the cache saved. */
  readonly tokensSaved: number | null;
  /** When the embeddings of the run were made: two runs with the same time share one payment. */
  readonly embeddedAt: string | null;
  /** What its stages did. Absent in runs without stages, such as a drop, and in runs of versions that did not record it. */
  readonly work?: RunWork | undefined;
}

/** A run of the run table. `end` is undefined while it runs, and stays so if it is killed. */
export interface RunRecord extends RunStart {
  readonly corpus: string;
  readonly fence: number;
  readonly end?: RunEnd;
}

/**
 * Stamps, fences, the run table and evaluations. Stored beside the rows, or in a file if the rows are embedded. Reading finds
 * nothing while the tables do not exist.
 */
export interface Ledger {
  /** Creates its tables if they are missing. */
  ensure(options?: CallOptions): Promise<void>;
  /**
   * Takes the next fence number of a corpus, at least `atLeast`, and adds the run to the run table. The latest holder
   * wins.
   */
  takeFence(corpus: string, run: RunStart & { readonly atLeast: number }, options?: CallOptions): Promise<number>;
  /** Records how a run ended. Only the first call for a run counts; a run that is not in the table is ignored. */
  endRun(corpus: string, fence: number, end: RunEnd, options?: CallOptions): Promise<void>;
  /** The latest runs, last started first, of one corpus or of all. */
  runs(
    query: { readonly corpus?: string; readonly limit: number },
    options?: CallOptions,
  ): Promise<readonly RunRecord[]>;
  /** The latest run of the corpus; undefined before the first. */
  fenceHolder(corpus: string, options?: CallOptions): Promise<FenceHolder | undefined>;
  stamp(corpus: string, store: StoreName, options?: CallOptions): Promise<Stamp | undefined>;
  /** Writes a stamp if no later run has taken the fence; returns false if one has. */
  writeStamp(
    corpus: string,
    store: StoreName,
    write: { readonly stamp: Stamp; readonly fence: number },
    options?: CallOptions,
  ): Promise<boolean>;
  /** Removes a stamp, whatever the fence: a store has none while it is written, or if it was found to differ. */
  removeStamp(corpus: string, store: StoreName, options?: CallOptions): Promise<void>;
  /** Keeps an evaluation with the scores of its questions; one that is there already, by its id, is left as it is. */
  addEvaluation(evaluation: EvaluationRecord, scores: QuestionScores, options?: CallOptions): Promise<void>;
  /** The latest evaluations, last first, of one corpus or of all. */
  evaluations(
    query: { readonly corpus?: string | undefined; readonly limit: number },
    options?: CallOptions,
  ): Promise<readonly EvaluationRecord[]>;
  /** The scores of the questions of an evaluation; undefined if there is no such evaluation. */
  questionScores(evaluationId: string, options?: CallOptions): Promise<QuestionScores | undefined>;
  close(): Promise<void>;
}
