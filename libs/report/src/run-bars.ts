import type { StageRecord } from '@lockstep/model';
import type { ReportRun } from './report-data.ts';

/** A stage in the time of its run, as shares of it from 0 to 1. */
export interface StageBar {
  readonly record: StageRecord;
  readonly from: number;
  readonly length: number;
}

/** The stages of a run side by side in time; null where they were not recorded. */
export interface RunBars {
  /** From the beginning of the first stage to the end of the last, in milliseconds. */
  readonly durationMs: number;
  readonly bars: readonly StageBar[];
  /** Stages that a cache replayed: they took no time in this run. */
  readonly replayed: readonly StageRecord[];
}

/** Lays the stages of a run out in time. */
export function runBars({ end }: Pick<ReportRun, 'end'>): RunBars | null {
  const stages = end?.work?.stages;
  if (stages === undefined) return null;
  const own = stages.filter(({ outcome }) => outcome !== 'replayed');
  const starts = own.map(({ startedAt }) => Date.parse(startedAt));
  const first = Math.min(...starts);
  const last = Math.max(...own.map(({ durationMs }, at) => (starts[at] as number) + durationMs));
  const durationMs = own.length === 0 ? 0 : last - first;
  return {
    durationMs,
    bars: own.map((record, at) => ({
      record,
      from: durationMs === 0 ? 0 : ((starts[at] as number) - first) / durationMs,
      length: durationMs === 0 ? 1 : record.durationMs / durationMs,
    })),
    replayed: stages.filter(({ outcome }) => outcome === 'replayed'),
  };
}
