import type { Ledger, RowStore, VectorStore } from '@lockstep/model';

/** The stores that a step works on; one that is left out is neither read nor written. */
export interface Stores {
  readonly vectors?: VectorStore | undefined;
  readonly rows?: RowStore | undefined;
  /** Undefined when only points are loaded and no Postgres is configured: then there is no fence and no stamp. */
  readonly ledger?: Ledger | undefined;
}

/** Both stores and the ledger. */
export type AllStores = { readonly [Name in keyof Stores]-?: NonNullable<Stores[Name]> };
