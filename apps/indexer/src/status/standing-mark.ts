import type { StandingState } from './corpus-standing.ts';

/** How the state of a corpus is marked. */
export function standingMark(state: StandingState): 'good' | 'warning' | 'bad' {
  if (state === 'in-step') return 'good';
  return state === 'failed' || state === 'differs' ? 'bad' : 'warning';
}
