import assert from 'node:assert/strict';
import { isIndexingError } from '@lockstep/model';
import {
  expectCutShort,
  expectDeletionsLast,
  expectFailure,
  expectPredicted,
  expectHonestLabels,
  expectOvertaken,
  expectUnchanged,
} from './checks.ts';
import { UNLIMITED, type RunOutput } from './corpus-runs.ts';
import { isRefused, type InitialState } from './predictions.ts';
import type { Contents } from './contents.ts';
import type { RunPlan } from './run-plans.ts';
import { Killed, type RunWatch } from './watch-run.ts';
import type { CorpusTraits } from './wants.ts';

/** A run that has ended, with its circumstances. */
export interface ObservedRun {
  readonly traits: CorpusTraits;
  readonly plan: RunPlan;
  readonly watch: RunWatch;
  readonly output: RunOutput;
  /** The state when it began. */
  readonly start: InitialState;
  /** The same, or the state after another run that took over in its midst. */
  readonly initial: InitialState;
  readonly after: Contents;
  /** Whether drift has changed points or rows of the corpus. */
  readonly isDrifted: boolean;
  readonly textOf: (vector: Float32Array) => string;
}

/** How a run ended. */
export type Verdict =
  | 'done'
  | 'differ'
  | 'dropped'
  | 'refused'
  | 'failed call'
  | 'kill'
  | 'taken over'
  /** The run had already done its work. */
  | 'taken over too late';

/** Compares a run with its prediction. Throws an `AssertionError` when it did anything else. */
export function judgeRun(run: ObservedRun): Verdict {
  const { traits, plan, watch, output, start, initial, after } = run;
  assert.deepEqual(watch.forbidden, [], 'forbidden calls');
  if (plan.deletesLast) expectDeletionsLast(watch);
  if (!run.isDrifted) expectHonestLabels(traits, after);

  if (watch.takenOver?.fenced === true) {
    expectOvertaken(initial.before, after, output, watch.takenOver, run.textOf);
    if (output.failure === undefined) return 'taken over too late';
    // A run that is still in provision may also be refused for what the other one left.
    const isGuarded = plan.deleteLimit !== UNLIMITED && output.run === undefined;
    // A verify by itself that finds nothing in the stores does not know that it ends a run: to it the corpus was dropped.
    const { failure } = output;
    const isVerify = plan.byStages && isIndexingError(failure) && failure.stage === 'verify';
    const isDropped = isVerify && watch.takenOver.by === 'drop';
    expectFailure(
      failure,
      'overtaken',
      ...(isDropped ? (['corpus-dropped'] as const) : []),
      ...(isGuarded ? (['delete-guard'] as const) : []),
    );
    return 'taken over';
  }
  const predicted = plan.predict(initial, output);
  // Embed goes on where it cannot read where the ids come from: the run then does what it would have done.
  const isTolerated = watch.failedReadingRuns && output.failure === undefined;
  if ((watch.happened === 'failed call' && !isTolerated) || watch.happened === 'kill') {
    if (watch.happened === 'kill') assert.ok(output.failure instanceof Killed, 'a run ends when it is killed');
    else expectFailure(output.failure, 'service-unavailable');
    expectCutShort(initial.before, after, predicted, initial.runId);
    return watch.happened;
  }
  const isToBeRefused = isRefused(predicted, initial, plan.deleteLimit);
  // The limit is also checked before the fence is taken, against contents that another run may have changed since.
  const mayBeRefused = isToBeRefused || isRefused(plan.predict(start, output), start, plan.deleteLimit);
  if (isToBeRefused || (mayBeRefused && output.failure !== undefined)) {
    expectFailure(output.failure, 'delete-guard');
    expectUnchanged(initial.before, after, 'what a refused run leaves alone');
    return 'refused';
  }
  if (output.failure !== undefined) throw output.failure;
  expectPredicted(after, output, watch, predicted);
  if (output.verified === undefined) return 'dropped';
  return output.verified.ok ? 'done' : 'differ';
}
