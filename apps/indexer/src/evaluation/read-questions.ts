import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { parseBeir, parseQuestions, questionsDigest, type Question } from '@lockstep/evaluation';
import { IndexingError } from '@lockstep/model';
import { printable } from '../terminal/printable.ts';

/** Questions from a file or a folder. */
export interface ReadQuestions {
  readonly questions: readonly Question[];
  /** Where they came from, from the root of the workspace. */
  readonly from: string;
  readonly digest: string;
}

/** Where questions are looked for in the folder of a corpus. */
const DEFAULT_FILES = ['questions.json', 'questions.jsonl'] as const;

/** Questions are read whole; a larger file is none of questions. */
const BYTES_MAX = 256 * 1024 * 1024;

export interface QuestionsPlace {
  /** The path that was typed. @default questions.json or questions.jsonl in `folder` */
  readonly typed: string | undefined;
  /** The folder of the corpus. */
  readonly folder: string;
  readonly cwd: string;
  readonly root: string;
}

/** The file that questions are written to where there are none. */
export function newQuestionsPath({ typed, folder, cwd }: QuestionsPlace): string {
  return typed === undefined ? join(folder, DEFAULT_FILES[0]) : resolve(cwd, typed);
}

/**
 * Reads questions: a JSON or JSON lines file of our own; or a folder of BEIR, of which `qrels/test.tsv` counts unless another file
 * of `qrels` is named. Fails with `questions-missing` or `questions-invalid`.
 */
export function readQuestions(place: QuestionsPlace): ReadQuestions {
  const { typed, folder, cwd, root } = place;
  const path =
    typed === undefined
      ? DEFAULT_FILES.map((name) => join(folder, name)).find((file) => existsSync(file))
      : resolve(cwd, typed);
  const shown = (file: string): string => printable(relative(root, file).split(sep).join('/'));
  if (path === undefined || !existsSync(path)) {
    const missing = path === undefined ? join(folder, DEFAULT_FILES[0]) : path;
    throw new IndexingError({
      code: 'questions-missing',
      message: `There are no questions: ${shown(missing)} does not exist.`,
    });
  }
  const file = (of: string) => ({ text: readText(of, shown(of)), shown: shown(of) });
  const qrels = statSync(path).isDirectory() ? qrelsIn(path, shown) : path.endsWith('.tsv') ? path : undefined;
  if (qrels === undefined) return withDigest(parseQuestions(file(path)), shown(path));
  const queries = join(dirname(dirname(qrels)), 'queries.jsonl');
  if (!existsSync(queries)) {
    const message = `${shown(qrels)} needs the queries of BEIR; expected ${shown(queries)}.`;
    throw new IndexingError({ code: 'questions-missing', message });
  }
  return withDigest(parseBeir({ queries: file(queries), qrels: file(qrels) }), shown(qrels));
}

function withDigest(questions: readonly Question[], from: string): ReadQuestions {
  return { questions, from, digest: questionsDigest(questions) };
}

/** The judgements of a folder of BEIR. */
function qrelsIn(folder: string, shown: (file: string) => string): string {
  const inside = join(folder, 'qrels');
  const files = existsSync(inside) ? readdirSync(inside).filter((name) => name.endsWith('.tsv')) : [];
  const name = files.find((each) => each === 'test.tsv') ?? (files.length === 1 ? files[0] : undefined);
  if (name !== undefined) return join(inside, name);
  const found = files.length === 0 ? 'none' : files.toSorted().map(printable).join(', ');
  throw new IndexingError({
    code: 'questions-missing',
    message: `Expected queries.jsonl and qrels/test.tsv in ${shown(folder) || basename(folder)}, or one file of qrels by its name; found ${found}.`,
  });
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

function readText(path: string, shown: string): string {
  const stats = statSync(path);
  if (!stats.isFile() || stats.size > BYTES_MAX) {
    throw new IndexingError({
      code: 'questions-invalid',
      message: `${shown}: expected a regular file of at most ${BYTES_MAX} bytes.`,
    });
  }
  try {
    return UTF8.decode(readFileSync(path));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new IndexingError({ code: 'questions-invalid', message: `${shown}: expected UTF-8.` });
  }
}
