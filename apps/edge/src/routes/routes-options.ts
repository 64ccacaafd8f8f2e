import type { Embedder, Ledger, Logger, RowStore, VectorStore } from '@lockstep/model';

/** What the routes work with: ports and settings, and nothing of the runtime, so that another server can have them too. */
export interface RoutesOptions {
  readonly services: {
    readonly embedder: Embedder;
    readonly vectors: VectorStore;
    readonly rows: RowStore;
    readonly ledger: Ledger;
  };
  /** What requests must carry. */
  readonly token: string;
  /** Where a request names no corpus. @default a search is over all corpora, and other requests must name one */
  readonly corpus: string | undefined;
  /** Fields of points besides those that each has. */
  readonly payload: readonly string[];
  /** Origins of web pages that may call. */
  readonly origins: readonly string[];
  readonly logger: Logger;
}
