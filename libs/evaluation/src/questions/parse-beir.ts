import { isJsonObject } from '@lockstep/model';
import { recordsOfLines, type QuestionFile } from './parse-questions.ts';
import type { Question } from './question.ts';
import { createQuestionProblems, shownValue } from './question-problems.ts';

/**
 * Questions of a BEIR data set: `queries.jsonl` with `_id` and `text`, and a file of `qrels` with `query-id`, `corpus-id` and
 * `score`, separated by tabs. Queries without a score above 0 in it are of another part of the set, and left out.
 *
 * Fails with `questions-invalid`, which names the file, the line, and what was expected.
 */
export function parseBeir({
  queries,
  qrels,
}: {
  readonly queries: QuestionFile;
  readonly qrels: QuestionFile;
}): Question[] {
  const problems = createQuestionProblems();
  const texts = new Map<string, string>();
  for (const { place, value } of recordsOfLines(queries.text, queries.shown, problems)) {
    const { _id: id, text } = isJsonObject(value) ? value : {};
    if (typeof id !== 'string' || id === '') problems.add(place, `_id: expected a text, found ${shownValue(id)}`);
    else if (typeof text !== 'string' || text.trim() === '') {
      problems.add(place, `text: expected a text, found ${shownValue(text)}`);
    } else texts.set(id, text);
  }
  const grades = new Map<string, Map<string, number>>();
  for (const [at, line] of qrels.text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    // The first line names the columns.
    if (line.trim() === '' || (at === 0 && line.startsWith('query-id'))) continue;
    const place = `${qrels.shown}, line ${at + 1}`;
    const [query = '', answer = '', score = '', ...more] = line.trimEnd().split('\t');
    const grade = Number(score);
    if (query === '' || answer === '' || score === '' || more.length > 0) {
      problems.add(place, 'expected query-id, corpus-id and score, separated by tabs');
    } else if (!Number.isFinite(grade)) problems.add(place, `score: expected a number, found ${shownValue(score)}`);
    else if (!texts.has(query)) {
      problems.add(place, `query-id: expected one of ${queries.shown}, found ${shownValue(query)}`);
    } else {
      const own = grades.get(query) ?? new Map<string, number>();
      // trec_eval takes a grade below 0 as not relevant.
      own.set(answer, Math.max(0, grade));
      grades.set(query, own);
    }
  }
  const questions = [...grades].flatMap(([id, relevant]): Question[] =>
    [...relevant.values()].some((grade) => grade > 0)
      ? [{ id, text: texts.get(id) as string, by: 'chunk', relevant }]
      : [],
  );
  if (questions.length === 0) problems.add(qrels.shown, 'expected queries with a score above 0, found none');
  problems.refuse();
  return questions;
}
