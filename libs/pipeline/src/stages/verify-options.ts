import type { DeleteMode, EmbeddingSlice } from '@lockstep/model';
import type { Stores } from '../work/stores.ts';
import type { Projection } from '../compare/projection.ts';
import type { VerifyLevel } from '../receipts.ts';

export interface VerifyOptions extends Stores {
  readonly slice: EmbeddingSlice;
  readonly projection: Projection;
  readonly deletes: DeleteMode;
  readonly level: VerifyLevel;
  /** At level `vectors`: compare one vector in so many, 1 for all. */
  readonly vectorsEvery: number;
}

/** What a verification is made with: the options, and the texts that embed set aside. */
export interface VerifyInput extends VerifyOptions {
  readonly refused: ReadonlySet<string>;
}
