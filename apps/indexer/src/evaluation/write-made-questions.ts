import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, relative, sep } from 'node:path';
import { makeQuestions } from '@lockstep/evaluation';
import { IndexingError, type RowStore } from '@lockstep/model';
import { printable } from '../terminal/printable.ts';
import type { Context } from '../wiring/resolve-context.ts';
import { newQuestionsPath, type QuestionsPlace } from './read-questions.ts';

/**
 * Makes questions of the chunks that are loaded, and writes them to a new file, whose path it returns. Fails with `usage` where the
 * file exists, and with `questions-missing` where no chunk has a sentence to make one of.
 */
export async function writeMadeQuestions(
  { flags, signal, root }: Context,
  rows: RowStore,
  corpus: string,
  place: QuestionsPlace,
): Promise<string> {
  const path = newQuestionsPath(place);
  const shown = printable(relative(root, path).split(sep).join('/'));
  const made = await makeQuestions(() => rows.scanRows(corpus, { signal }), {
    count: flags['make-questions'] ?? 0,
    seed: flags.seed,
  });
  if (made.length === 0) {
    const message = `No chunk of ${corpus} has a sentence of six words or more to make a question of.`;
    throw new IndexingError({ code: 'questions-missing', message });
  }
  const lines = made.map(({ id, text, relevant }) =>
    JSON.stringify({ id, question: text, relevant: [...relevant.keys()] }),
  );
  mkdirSync(dirname(path), { recursive: true });
  try {
    writeFileSync(path, `[\n  ${lines.join(',\n  ')}\n]\n`, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const message = `${shown} exists; expected --questions with the path of a new file, or no --make-questions.`;
    throw new IndexingError({ code: 'usage', message });
  }
  return path;
}
