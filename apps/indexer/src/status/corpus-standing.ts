import { ERROR_CATALOGUE, EXIT, type ErrorCode, type RunRecord, type StoreName, withCorpus } from '@lockstep/model';
import type { Attempt, StoreStatus, Verified, VerdictState } from '@lockstep/pipeline';
import { shownTime } from '../terminal/shown-time.ts';
import type { JudgedCorpus } from './workspace-verdicts.ts';

/** `drifted`: as `in-step`, and a store holds another number of chunks by now. */
export type StandingState = VerdictState | 'drifted';

/** What is said of a corpus, by every command that says whether it is in step. */
export interface CorpusStanding {
  readonly corpus: string;
  /** Folder of its corpus.json, from the root; without one, what it was loaded from. */
  readonly folder: string;
  readonly state: StandingState;
  /** In words, on one line. */
  readonly says: string;
  /** What to do about an error; null where there is none. */
  readonly advice: string | null;
  /** The command to type next; null for a corpus in step. */
  readonly next: string | null;
  readonly error: { readonly code: ErrorCode; readonly stage: string | null } | null;
  /** What began on this machine and did not end well; null where another run says what holds. */
  readonly attempt: Attempt | null;
  /** The run of the highest fence, on whatever machine; null before the first, or where the ledger could not be asked. */
  readonly run: RunRecord | null;
  readonly isRunOfHere: boolean;
  /** The verify after that run, if it read both stores and found no difference. */
  readonly verified: Verified | null;
}

/** What the live stores say; null if they could not be asked. */
export type LiveStores = Readonly<Record<StoreName, StoreStatus>> | null;

type Said = Pick<CorpusStanding, 'says'> & { readonly error?: CorpusStanding['error']; readonly advice?: string };

/** @param live what the stores hold now. @default they were not asked: the last verify is what is known of them */
export function corpusStanding(
  { name, folder, typed, verdict, problem }: JudgedCorpus,
  live?: LiveStores,
): CorpusStanding {
  const known = { corpus: name, folder };
  if (verdict === undefined) {
    const { code = 'config-invalid', message = '', advice = '' } = problem ?? {};
    const nothing = { attempt: null, run: null, isRunOfHere: false, verified: null };
    const next = 'Correct the file';
    return {
      ...known,
      ...nothing,
      state: 'unknown',
      says: `NOT KNOWN: ${message}`,
      error: { code, stage: null },
      advice,
      next,
    };
  }
  const { attempt, run, isRunOfHere, verified } = verdict;
  const state = stateNow(verdict.state, live);
  const said = SAYS[state]({ name, verdict, live });
  const { error = null } = said;
  const [says, advice] = [
    withCorpus(said.says, typed),
    said.advice === undefined ? null : withCorpus(said.advice, typed),
  ];
  const next = state === 'in-step' ? null : `npx indexer ${NEXT[state] ?? 'run'} ${state === 'unknown' ? '' : typed}`;
  return { ...known, state, says, error, advice, next: next?.trim() ?? null, attempt, run, isRunOfHere, verified };
}

/** A corpus is in step only if the stores hold what was verified, where they were asked. */
function stateNow(state: VerdictState, live: LiveStores | undefined): StandingState {
  if (state !== 'in-step' || live === undefined) return state;
  if (live === null) return 'unknown';
  const states = Object.values(live).map((store) => store.state);
  if (states.every((each) => each === 'in-step')) return 'in-step';
  return states.includes('outdated') ? 'outdated' : 'drifted';
}

const NEXT: Readonly<Partial<Record<StandingState, string>>> = { unknown: 'doctor', unverified: 'verify' };

interface Facts {
  readonly name: string;
  readonly verdict: NonNullable<JudgedCorpus['verdict']>;
  readonly live: LiveStores | undefined;
}

const SAYS: Readonly<Record<StandingState, (facts: Facts) => Said>> = {
  'in-step': () => ({ says: 'in step' }),
  differs: () => ({ says: 'NOT IN STEP: the last verify found differences' }),
  failed: ({ verdict: { attempt, run } }) => {
    const error = attempt?.error;
    if (error !== null && error !== undefined) {
      const { code, stage, message, advice } = error;
      return {
        says: `${failedWord(code)}${stage === null ? '' : ` in ${stage}`} (${code}): ${message}`,
        error,
        advice,
      };
    }
    const code = run?.end?.error ?? 'invariant';
    const { advice } = ERROR_CATALOGUE[code];
    return { says: `${failedWord(code)} (${code}): ${runName(run)}`, error: { code, stage: null }, advice };
  },
  unfinished: ({ verdict: { attempt, run } }) => {
    const what = attempt === null ? runName(run) : attemptName(attempt);
    return { says: `NOT FINISHED: ${what} has not ended: it is under way, or was killed` };
  },
  outdated: ({ name, verdict: { run, inputNow, validatedAt } }) => {
    if (inputNow === 'changed') {
      return { says: `OUTDATED: the input has changed since validate read it ${shownTime(validatedAt)}` };
    }
    return inputNow === 'missing'
      ? {
          says: `OUTDATED: the input that validate read ${shownTime(validatedAt)} is gone, or cannot be read`,
          advice: `Put it back, or take the corpus out of both stores with \`npx indexer drop ${name}\`.`,
        }
      : { says: `OUTDATED: the input, a setting or a store is another one than that of ${runName(run)}` };
  },
  unverified: ({ verdict: { run } }) => ({
    says: `NOT VERIFIED: no verify has read both stores since ${runName(run)}`,
  }),
  drifted: ({ live }) => ({
    says: `DRIFTED: ${Object.entries(live ?? {})
      .filter(([, { state }]) => state !== 'in-step')
      .map(([store, { count, stamp }]) => `${store} holds ${count} chunks, and held ${stamp?.count ?? 'others'}`)
      .join('; ')} after its last load`,
  }),
  dropped: ({ verdict: { run } }) => ({ says: `NOT LOADED: dropped ${shownTime(run?.startedAt)}` }),
  'not-loaded': () => ({ says: 'NOT LOADED' }),
  unknown: ({ verdict: { problem } }) => ({
    says: `NOT KNOWN: ${problem?.message ?? 'the stores could not be asked'}`,
    ...(problem === null ? {} : { error: { code: problem.code, stage: null }, advice: problem.advice }),
  }),
};

function failedWord(code: ErrorCode): string {
  if (code === 'aborted') return 'STOPPED';
  return ERROR_CATALOGUE[code].exit === EXIT.guarded ? 'REFUSED' : 'FAILED';
}

function attemptName({ step, startedAt }: Attempt): string {
  return `${step === 'run' ? 'the run' : step} that began here ${shownTime(startedAt)}`;
}

function runName(run: RunRecord | null): string {
  return run === null ? 'a run' : `${run.kind} #${run.fence} of ${shownTime(run.startedAt)}`;
}
