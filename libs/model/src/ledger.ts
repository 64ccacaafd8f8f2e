import type { ErrorCode } from './error-catalogue.ts';
import type { CallOptions } from './ports.ts';
import type { StoreName } from './stores.ts';

/** What a store is known to hold of a corpus since the last load that ended well. */
export interface Stamp {
  /** Digest of what was wanted: ids, hashes, projection, and which store it was written to. */
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

/** What a run was started for. */
export type RunKind = 'load' | 'repair' | 'drop';

/** A run as it takes its fence. */
export interface RunStart {
  readonly runId: string;
  readonly kind: RunKind;
  /** Digest of the chunks that are wanted. */
  readonly digest: string;
  /** Embedding model; null where none takes part. */
  readonly model: string | null;
  /** Which stores it is about, as they are shown; null for one that is left out. */
  readonly qdrantTarget: string | null;
  readonly neonTarget: string | null;
  /** ISO 8601, UTC, milliseconds. */
  readonly startedAt: string;
}

/** `done`: both stores were seen to be in step (or the corpus is gone, for a drop). `differ`: verify found differences. */
export type RunOutcome = 'done' | 'differ' | 'failed' | 'overtaken';

/** Chunks, points and rows of a run; null where it did not get as far, or did not concern the store. */
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
  /** The error that ended it; null where none did. */
  readonly error: ErrorCode | null;
  readonly counts: RunCounts;
  /** Tokens that the embedding service charged for in this run; null where no embedding was done or replayed. */
  readonly tokensPaid: number | null;
  /** About how many tokens the cache saved. */
  readonly tokensSaved: number | null;
  /** When the embeddings that the run used were made: two runs with the same time share one payment. */
  readonly embeddedAt: string | null;
}

/** A run of the run table. `end` is undefined while it is under way, and for ever if it was killed. */
export interface RunRecord extends RunStart {
  readonly corpus: string;
  readonly fence: number;
  readonly end?: RunEnd;
}

/**
 * Stamps, fences and the run table. Lives beside the rows, or in a file of its own where the rows are embedded. Reading
 * from one whose tables were never made finds nothing.
 */
export interface Ledger {
  /** Makes its tables where they are missing. */
  ensure(options?: CallOptions): Promise<void>;
  /**
   * Takes the next fence number of a corpus, at least `atLeast`, and enters the run into the run table. The latest
   * holder wins.
   */
  takeFence(corpus: string, run: RunStart & { readonly atLeast: number }, options?: CallOptions): Promise<number>;
  /** Says how a run ended; the first word counts, and a run that the table does not have is passed over. */
  endRun(corpus: string, fence: number, end: RunEnd, options?: CallOptions): Promise<void>;
  /** The latest runs, last started first, of one corpus or of all. */
  runs(
    query: { readonly corpus?: string; readonly limit: number },
    options?: CallOptions,
  ): Promise<readonly RunRecord[]>;
  /** Who holds the corpus now; undefined before the first run. */
  fenceHolder(corpus: string, options?: CallOptions): Promise<FenceHolder | undefined>;
  stamp(corpus: string, store: StoreName, options?: CallOptions): Promise<Stamp | undefined>;
  /** Writes a stamp if the fence is still the run's own; false if the run was overtaken. */
  writeStamp(
    corpus: string,
    store: StoreName,
    write: { readonly stamp: Stamp; readonly fence: number },
    options?: CallOptions,
  ): Promise<boolean>;
  /** Withdraws a stamp, whatever the fence: a store that is being written, or was found to differ, has none. */
  removeStamp(corpus: string, store: StoreName, options?: CallOptions): Promise<void>;
  close(): Promise<void>;
}
