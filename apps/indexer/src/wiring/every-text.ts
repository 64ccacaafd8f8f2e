import { EXIT, type ExitCode, type IndexingError } from '@lockstep/model';
import { marked } from '../terminal/marked.ts';
import { printable } from '../terminal/printable.ts';
import type { CommandContext, CommandResult } from './workspace-command.ts';

/** How a command ended for one corpus of the workspace. */
export interface CorpusOutcome {
  /** Its name; where its corpus.json gives none, the folder of that. */
  readonly corpus: string;
  readonly folder: string;
  readonly exit: ExitCode;
  readonly result?: CommandResult;
  readonly error?: IndexingError;
}

/** Makes a comment on a pull request of the outcomes of a command. */
export type Comment = (
  context: CommandContext,
  outcomes: readonly CorpusOutcome[],
  notTried: readonly string[],
) => string;

const OUTCOMES: Readonly<Record<ExitCode, string>> = {
  [EXIT.done]: 'done',
  [EXIT.failed]: 'FAILED',
  [EXIT.usage]: 'WRONG SETTINGS',
  [EXIT.rejected]: 'RECORDS REJECTED',
  [EXIT.guarded]: 'REFUSED',
  [EXIT.differ]: 'STORES DIFFER',
};

/** How a command ended for each corpus of the workspace, one line each, and how many ended well. */
export function everyText(
  command: string,
  outcomes: readonly Pick<CorpusOutcome, 'corpus' | 'exit' | 'error'>[],
  notTried: readonly string[],
): string {
  const names = [...outcomes.map(({ corpus }) => corpus), ...notTried].map(printable);
  const width = Math.max(...names.map((name) => name.length));
  const lines = outcomes.map(({ exit, error }) =>
    error === undefined
      ? marked(exit === EXIT.done ? 'good' : 'bad', OUTCOMES[exit])
      : `${marked('bad', OUTCOMES[exit])} (${error.code}): ${printable(error.message)}`,
  );
  const ended = [...lines, ...notTried.map(() => 'not tried')];
  const done = outcomes.filter(({ exit }) => exit === EXIT.done).length;
  return [
    `${command} --all: ${done} of ${names.length === 1 ? '1 corpus' : `${names.length} corpora`} ended well`,
    ...ended.map((outcome, at) => `  ${names[at]?.padEnd(width)}  ${outcome}`),
  ].join('\n');
}
