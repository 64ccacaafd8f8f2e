import { EXIT, type ExitCode } from '@lockstep/model';
import type { CorpusOutcome } from './command-result.ts';

/** How a command ended, by its exit code. */
export const OUTCOMES: Readonly<Record<ExitCode, string>> = {
  [EXIT.done]: 'done',
  [EXIT.failed]: 'FAILED',
  [EXIT.usage]: 'WRONG SETTINGS',
  [EXIT.rejected]: 'RECORDS REJECTED',
  [EXIT.guarded]: 'REFUSED',
  [EXIT.differ]: 'STORES DIFFER',
};

/** How a command ended for a corpus, in a few words. */
export function outcomeWords({ exit, error, result }: Pick<CorpusOutcome, 'exit' | 'error' | 'result'>): string {
  return error === undefined ? (result?.says ?? OUTCOMES[exit]) : `${OUTCOMES[exit]} (${error.code})`;
}
