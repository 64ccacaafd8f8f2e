import type { DeleteMode, EmbeddingSlice } from '@lockstep/model';
import type { Stores } from '../work/stores.ts';
import type { Projection } from '../compare/projection.ts';
import type { VerifyLevel } from '../receipts.ts';

export interface VerifyOptions extends Stores {
  readonly slice: EmbeddingSlice;
  readonly projection: Projection;
  readonly deletes: DeleteMode;
  readonly level: VerifyLevel;
  /** At level `vectors`: compares every n-th vector; 1 compares all. */
  readonly vectorsEvery: number;
  /** Whether it ends a run that has read the input itself: the input is not read again, and a drop has overtaken the run. @default false */
  readonly ofRun?: boolean;
  /** Digest of the input as it is now; null where it cannot be read again. @default the input is not looked at */
  readonly inputDigest?: (() => Promise<string | null>) | undefined;
}

/** The options, and what the files of the corpus add to them. */
export interface VerifyInput extends VerifyOptions {
  /** Keys of the texts that the embedding service refused. */
  readonly refused: ReadonlySet<string>;
}
