import assert from 'node:assert/strict';
import {
  expectCutShort,
  expectDeletionsLast,
  expectFailure,
  expectForeseen,
  expectHonestLabels,
  expectOvertaken,
  expectUnchanged,
} from './checks.ts';
import { UNLIMITED, type RunOutput } from './corpus-runs.ts';
import { isRefused, type Outset } from './foreseen.ts';
import type { Held } from './held.ts';
import type { RunPlan } from './run-plans.ts';
import { Killed, type RunWatch } from './watch-run.ts';
import type { CorpusTraits } from './what-is-wanted.ts';

/** A run that is over, however it ended. */
export interface RunSeen {
  readonly traits: CorpusTraits;
  readonly plan: RunPlan;
  readonly watch: RunWatch;
  readonly output: RunOutput;
  /** When it began. */
  readonly start: Outset;
  /** The same, or when another run was over that came in between. */
  readonly outset: Outset;
  readonly after: Held;
  /** Whether somebody else has changed points or rows of the corpus. */
  readonly isDrifted: boolean;
  readonly textOf: (vector: Float32Array) => string;
}

/** What became of a run. */
export type Verdict =
  | 'done'
  | 'differ'
  | 'dropped'
  | 'refused'
  | 'failed call'
  | 'kill'
  | 'taken over'
  /** It had done its work by then. */
  | 'taken over too late';

/** Holds a run against what was foreseen for it. Throws where it did anything else. */
export function judgeRun(seen: RunSeen): Verdict {
  const { traits, plan, watch, output, start, outset, after } = seen;
  assert.deepEqual(watch.forbidden, [], 'forbidden calls');
  if (plan.deletesLast) expectDeletionsLast(watch);
  if (!seen.isDrifted) expectHonestLabels(traits, after);

  if (watch.takenOver?.fenced === true) {
    expectOvertaken(outset.before, after, output, watch.takenOver, seen.textOf);
    if (output.failure === undefined) return 'taken over too late';
    // A run that is still in its provision may be refused for what the other one left.
    const isGuarded = plan.deleteLimit !== UNLIMITED && output.run === undefined;
    expectFailure(output.failure, 'overtaken', ...(isGuarded ? (['delete-guard'] as const) : []));
    return 'taken over';
  }
  const foreseen = plan.foresee(outset, output);
  if (watch.happened === 'failed call' || watch.happened === 'kill') {
    if (watch.happened === 'kill') assert.ok(output.failure instanceof Killed, 'a run ends when it is killed');
    else expectFailure(output.failure, 'service-unavailable');
    expectCutShort(outset.before, after, foreseen, outset.runId);
    return watch.happened;
  }
  const isToBeRefused = isRefused(foreseen, outset, plan.deleteLimit);
  // The guard stands before the fence, too: there it may see what another run does away with in the meantime.
  const mayBeRefused = isToBeRefused || isRefused(plan.foresee(start, output), start, plan.deleteLimit);
  if (isToBeRefused || (mayBeRefused && output.failure !== undefined)) {
    expectFailure(output.failure, 'delete-guard');
    expectUnchanged(outset.before, after, 'what a refused run leaves alone');
    return 'refused';
  }
  if (output.failure !== undefined) throw output.failure;
  expectForeseen(after, output, watch, foreseen);
  if (output.verified === undefined) return 'dropped';
  return output.verified.ok ? 'done' : 'differ';
}
