import { EXIT } from '@lockstep/model';
import type { CorpusOutcome } from '../outcome/command-result.ts';
import { OUTCOMES } from '../outcome/outcome-words.ts';
import { marked } from '../terminal/marked.ts';
import { printable } from '../terminal/printable.ts';

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
