import type { Attempt } from '@lockstep/pipeline';
import { marked } from '../terminal/marked.ts';
import { withoutControls } from '../terminal/printable.ts';
import type { CorpusStanding } from './corpus-standing.ts';
import { shownTime } from '../terminal/shown-time.ts';

/** What is said where no corpus is known. */
export const NO_CORPUS = 'There is no corpus.json in this workspace, and nothing was loaded from here without one.';

/** What is said of a corpus, what to do about it, and what is known of its stores if it is not in step. */
export function standingLines({ corpus, state, says, advice, next, run, attempt }: CorpusStanding): string[] {
  const outcome = state === 'in-step' ? 'good' : state === 'failed' || state === 'differs' ? 'bad' : 'warning';
  const lines = [`${corpus}  ${marked(outcome, withoutControls(says))}`];
  if (advice !== null) lines.push(`  ${advice}`);
  if (run !== null && (state === 'failed' || state === 'unfinished')) {
    // A run writes to no store before it has taken its fence and is in the run table.
    const isUntouched = run.end !== undefined && attempt !== null && isBeforeWriting(attempt, run.startedAt);
    lines.push(
      isUntouched
        ? `  stores   as ${run.kind} #${run.fence} left them, ${shownTime(run.startedAt)}`
        : '  stores   may hold a part of it',
    );
  }
  if (next !== null) lines.push(`  next     ${next}`);
  return lines;
}

function isBeforeWriting({ step, startedAt }: Attempt, runStartedAt: string): boolean {
  return step !== 'load-qdrant' && step !== 'load-neon' && startedAt !== null && runStartedAt < startedAt;
}
