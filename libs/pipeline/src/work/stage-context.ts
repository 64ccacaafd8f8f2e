import type { Artifacts, Clock, Logger } from '@lockstep/model';
import type { Calls } from '../receipts.ts';

/** What every stage is given: whose files it works on, and how it tells what it does. */
export interface StageContext {
  readonly corpus: string;
  readonly artifacts: Artifacts;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal?: AbortSignal | undefined;
  /** Requests to each service so far, if anybody counts them. */
  readonly calls?: () => Calls;
  /** Called as work is done; `total` is undefined while it is not known. */
  readonly onProgress?: (done: number, total: number | undefined) => void;
}
