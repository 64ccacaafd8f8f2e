import {
  ERROR_CATALOGUE,
  isIndexingError,
  STAGES,
  type Artifacts,
  type Clock,
  type ErrorCode,
  type Stage,
} from '@lockstep/model';
import { FILES } from '../files/corpus-files.ts';
import { receiptIfThere, writeReceipt } from '../files/receipt-file.ts';

/** What can begin and not end well: a whole run or repair, or a stage by itself, as a build system calls it. */
export type AttemptStep = 'run' | Stage;

/**
 * The mark that a run or a stage leaves on this machine from its beginning until it has ended well. The mark of a process
 * that was killed stays without an end. It is in no output of a target, so that no cache restores an old one.
 */
export interface Attempt {
  readonly step: AttemptStep;
  /** Null where the mark is damaged. */
  readonly startedAt: string | null;
  /** Null while it is under way, and for ever if it was killed. */
  readonly finishedAt: string | null;
  /** What ended it; null while `finishedAt` is. */
  readonly error: {
    readonly code: ErrorCode;
    /** The stage in which the run failed; null if between stages. */
    readonly stage: string | null;
    readonly message: string;
    readonly advice: string;
  } | null;
}

const ATTEMPT_STEPS: readonly AttemptStep[] = ['run', ...STAGES];

/** Errors of which something else tells: the run that took over, the drop, or the mark of the validate. */
const TOLD_ELSEWHERE: ReadonlySet<ErrorCode> = new Set(['overtaken', 'corpus-dropped', 'validate-failed'] as const);

/** Does the work of a step between its mark and the removal of it; if the work fails, the mark gets the error. */
export async function attempt<Result>(
  { artifacts, clock }: { readonly artifacts: Artifacts; readonly clock: Clock },
  step: AttemptStep,
  work: () => Promise<Result>,
): Promise<Result> {
  const now = (): string => new Date(clock.now()).toISOString();
  const mark: Attempt = { step, startedAt: now(), finishedAt: null, error: null };
  await writeReceipt(artifacts, fileOf(step), mark);
  let result: Result;
  try {
    result = await work();
  } catch (error) {
    if (isIndexingError(error) && TOLD_ELSEWHERE.has(error.code)) {
      await artifacts.remove(fileOf(step)).catch(() => {});
      throw error;
    }
    // If the disk is what failed, the mark stays as that of a step that was killed: the error of the step is to be thrown.
    await writeReceipt(artifacts, fileOf(step), { ...mark, finishedAt: now(), error: described(error) }).catch(
      () => {},
    );
    throw error;
  }
  await artifacts.remove(fileOf(step));
  return result;
}

/** What has begun on this machine and not ended well, the latest first. A damaged mark counts as one that has not ended. */
export async function readAttempts(artifacts: Artifacts): Promise<Attempt[]> {
  const found: Attempt[] = [];
  for (const step of ATTEMPT_STEPS) {
    const damaged: Attempt = { step, startedAt: null, finishedAt: null, error: null };
    const mark = await receiptIfThere<Attempt>(artifacts, fileOf(step)).catch(() => damaged);
    if (mark !== undefined) found.push(mark);
  }
  const startOf = ({ startedAt }: Attempt): number => (startedAt === null ? Infinity : Date.parse(startedAt));
  return found.sort((a, b) => startOf(b) - startOf(a));
}

/** Removes the marks of stages, and of runs with `runs`: a verify that has compared both stores since says what holds. */
export async function forgetAttempts(artifacts: Artifacts, { runs }: { readonly runs: boolean }): Promise<void> {
  for (const step of runs ? ATTEMPT_STEPS : STAGES) await artifacts.remove(fileOf(step));
}

function fileOf(step: AttemptStep): string {
  return `${FILES.attempts}/${step}.json`;
}

function described(error: unknown): Attempt['error'] {
  if (isIndexingError(error)) {
    const { code, stage = null, message, advice } = error;
    return { code, stage, message, advice };
  }
  const { advice } = ERROR_CATALOGUE.invariant;
  return { code: 'invariant', stage: null, message: 'An error that is no error of ours.', advice };
}
