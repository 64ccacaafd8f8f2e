import type { CallStats } from '../ports.ts';
import type { Stage } from '../stages.ts';
import type { Dependency } from '../stores.ts';

/**
 * Requests of a stage by service; a service that was not used has no entry. Both loads of a run go on side by side, so that the
 * receipt of each also counts what the other one asked meanwhile.
 */
export type Calls = Readonly<Partial<Record<Dependency, CallStats>>>;

/** What one stage did in a run. */
export interface StageRecord {
  readonly stage: Stage;
  /** ISO 8601, UTC, milliseconds. */
  readonly startedAt: string;
  readonly durationMs: number;
  /** `replayed`: it is an earlier run that did this, and a cache gave its receipt. `failed`: it ended the run. */
  readonly outcome: 'done' | 'replayed' | 'failed';
  /** Texts embedded by an embed stage; null for the others, and where it failed. */
  readonly embedded: number | null;
  /** Points or rows written and deleted by a load; null for the other stages, and where it failed. */
  readonly written: number | null;
  readonly deleted: number | null;
  readonly calls: Calls;
}

/** What a run did, stage by stage, and what it cost. */
export interface RunWork {
  /** In the order in which they began. */
  readonly stages: readonly StageRecord[];
  /** Requests of the whole run. Those of two stages side by side in one process count once here, and in the records of both. */
  readonly calls: Calls;
  /** US dollars that the embedding service charged for, at the price when the run ended; null where either is not known. */
  readonly dollars: number | null;
}
