import type { Embedder, Ledger, Logger, RowStore, VectorStore } from '@lockstep/model';

/** The services of an index. */
export interface RouteServices {
  readonly embedder: Embedder;
  readonly vectors: VectorStore;
  readonly rows: RowStore;
  readonly ledger: Ledger;
}

/** What routes that read work with: ports and settings, and nothing of the runtime. */
export interface ReadingOptions {
  readonly services: RouteServices;
  /** Where a request names no corpus. @default a search is over all corpora, and other requests must name one */
  readonly corpus: string | undefined;
  /** Fields of points besides those that each has. */
  readonly payload: readonly string[];
  /**
   * How long a question may be is counted in these: where there is no tokenizer in bytes, since no token is shorter than one.
   */
  readonly questionUnit: 'bytes' | 'tokens';
  /** Whether a verify that finds a difference writes nothing; otherwise it withdraws the stamps of the corpus. @default false */
  readonly isReadOnly?: boolean | undefined;
  readonly logger: Logger;
}
