import { IndexingError, type Ledger } from '@lockstep/model';
import type { StageContext } from '../work/stage-context.ts';
import { latestRun } from './latest-run.ts';

/** Runs of all corpora that are looked through for the rename that dropped one. */
const RENAMES_MAX = 50;

/** Fails with `corpus-dropped` if the latest run of a corpus has dropped it, or has given its chunks another name. */
export async function refuseDropped(
  { corpus, signal }: Pick<StageContext, 'corpus' | 'signal'>,
  ledger: Ledger,
): Promise<void> {
  const { run } = await latestRun(corpus, ledger, { signal });
  if (run?.kind !== 'drop' || run.end?.outcome !== 'done') return;
  const { runId, end } = run;
  const runs = await ledger.runs({ limit: RENAMES_MAX }, { signal });
  const renamed = runs.find((each) => each.kind === 'rename' && each.runId === runId);
  const when = `${end.finishedAt.slice(0, 16).replace('T', ' ')}Z`;
  const how = renamed === undefined ? `was dropped ${when}` : `got the name ${renamed.corpus} ${when}`;
  throw new IndexingError({
    code: 'corpus-dropped',
    message: `${corpus} ${how}, and has not been loaded since.`,
    details: { corpus, droppedAt: end.finishedAt, renamed: renamed?.corpus ?? null },
  });
}
