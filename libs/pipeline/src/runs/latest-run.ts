import type { CallOptions, Ledger, RunRecord } from '@lockstep/model';

/** Runs that are looked through for the one of the highest fence: the last started is not always the last to get its fence. */
const RUNS_MAX = 50;

/** The run of the highest fence; undefined before the first. `isMissing` where a run took it that is not among the latest. */
export async function latestRun(
  corpus: string,
  ledger: Ledger,
  call: CallOptions,
): Promise<{ readonly run: RunRecord | undefined; readonly isMissing: boolean }> {
  const runs = await ledger.runs({ corpus, limit: RUNS_MAX }, call);
  const holder = await ledger.fenceHolder(corpus, call);
  const run = runs.find(({ fence }) => fence === holder?.fence);
  return { run, isMissing: run === undefined && holder !== undefined };
}
