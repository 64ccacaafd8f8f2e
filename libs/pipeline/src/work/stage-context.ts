import type { Artifacts, Calls, Clock, Logger } from '@lockstep/model';

/** What every stage is given: its corpus and files, and how it reports what it does. */
export interface StageContext {
  readonly corpus: string;
  readonly artifacts: Artifacts;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal?: AbortSignal | undefined;
  /** Requests to each service so far. @default none are counted */
  readonly calls?: () => Calls;
  /** Called as work is done, in items; `total` is undefined while it is not known. */
  readonly onProgress?: ((done: number, total: number | undefined) => void) | undefined;
}
