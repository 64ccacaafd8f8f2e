import type { CallOptions } from './ports.ts';
import type { StoreName } from './stage.ts';

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

/** Stamps and fences. Lives beside the rows, or in a file of its own where the rows are embedded. */
export interface Ledger {
  /** Makes its tables where they are missing. */
  ensure(options?: CallOptions): Promise<void>;
  /** Takes the next fence number of a corpus, at least `atLeast`. The latest holder wins. */
  takeFence(
    corpus: string,
    run: { readonly runId: string; readonly digest: string; readonly atLeast: number },
    options?: CallOptions,
  ): Promise<number>;
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
