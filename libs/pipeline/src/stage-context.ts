import type { Artifacts, CallStats, Clock, Dependency, Logger } from '@lockstep/model';

/** Requests by the service that they went to; one that was not used is left out. */
export type Calls = Readonly<Partial<Record<Dependency, CallStats>>>;

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
