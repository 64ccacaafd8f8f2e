import type { Artifacts, Clock, Logger } from '@lockstep/model';

/** What every stage is given: whose files it works on, and how it tells what it does. */
export interface StageContext {
  readonly corpus: string;
  readonly artifacts: Artifacts;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal?: AbortSignal;
  /** Called as work is done; `total` is undefined while it is not known. */
  readonly onProgress?: (done: number, total: number | undefined) => void;
}
