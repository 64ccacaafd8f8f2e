import { createInterface } from 'node:readline/promises';
import { IndexingError } from '@lockstep/model';
import { fitted } from './fitted.ts';

/**
 * Asks on the terminal whether to do what deletes a corpus. Fails with `confirmation-needed` if there is no terminal, and
 * with `not-confirmed` if the answer is not the name of the corpus.
 */
export async function confirm(corpus: string, what: string, signal: AbortSignal): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new IndexingError({
      code: 'confirmation-needed',
      message: `This would ${what}; expected a confirmation, found no terminal to ask on. Nothing was deleted.`,
    });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    process.stderr.write(`${fitted(`This would ${what}.`, process.stderr)}\n`);
    const question = `Type the name of the corpus, ${corpus}, to confirm: `;
    // Ctrl+C and Ctrl+D count as an answer: no.
    const answer = await terminal.question(question, { signal }).catch(() => '');
    if (answer.trim() === corpus) return;
  } finally {
    terminal.close();
  }
  throw new IndexingError({
    code: 'not-confirmed',
    message: `The answer was not the name of the corpus, ${corpus}. Nothing was deleted.`,
  });
}
