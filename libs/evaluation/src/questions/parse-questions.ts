import { IndexingError, isJsonObject, type JsonObject } from '@lockstep/model';
import type { Question } from './question.ts';
import { createQuestionProblems, shownValue, type QuestionProblems } from './question-problems.ts';

/** The content of a file, and what messages call it. */
export interface QuestionFile {
  readonly text: string;
  readonly shown: string;
}

/** What `relevant` and `relevantDocuments` may list. */
const EXPECTED = 'expected a list of ids, or of { "id", "grade" }';

/**
 * Questions as a JSON array, or as JSON lines: `{ "id"?, "question", "relevant" }`, or `relevantDocuments` in place of `relevant`.
 * Without an `id`, the question is its own. Other fields are left alone.
 *
 * Fails with `questions-invalid`, which names the file, the record or line, the field, and what was expected.
 */
export function parseQuestions({ text, shown }: QuestionFile): Question[] {
  const problems = createQuestionProblems();
  const isArray = /^\s*\[/.test(withoutMark(text));
  const records = isArray ? recordsOfArray(text, shown) : recordsOfLines(text, shown, problems);
  const questions: Question[] = [];
  const places = new Map<string, string>();
  for (const { place, value } of records) {
    const question = parseQuestion(value, place, problems);
    if (question === undefined) continue;
    const first = places.get(question.id);
    if (first !== undefined) problems.add(place, `id: expected one that no other question has, found that of ${first}`);
    places.set(question.id, place);
    questions.push(question);
  }
  if (records.length === 0) problems.add(shown, 'expected questions, found none');
  problems.refuse();
  return questions;
}

/** A value, and where it stands. */
export interface PlacedRecord {
  readonly place: string;
  readonly value: unknown;
}

function recordsOfArray(text: string, shown: string): PlacedRecord[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(withoutMark(text));
  } catch (error) {
    const place = /line \d+ column \d+/.exec((error as Error).message)?.[0].replace(' column', ', column');
    const where = place === undefined ? '' : `; see ${place}`;
    throw new IndexingError({
      code: 'questions-invalid',
      message: `${shown} is not JSON${where}. Expected a list of questions.`,
    });
  }
  return (parsed as unknown[]).map((value, at) => ({ place: `${shown}, question ${at + 1}`, value }));
}

/** The values of JSON lines; empty lines are none. */
export function recordsOfLines(text: string, shown: string, problems: QuestionProblems): PlacedRecord[] {
  return withoutMark(text)
    .split('\n')
    .flatMap((line, at): PlacedRecord[] => {
      if (line.trim() === '') return [];
      const place = `${shown}, line ${at + 1}`;
      try {
        return [{ place, value: JSON.parse(line) as unknown }];
      } catch {
        problems.add(place, 'expected a JSON object');
        return [];
      }
    });
}

/** A text without its byte order mark. */
function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, '');
}

function parseQuestion(value: unknown, place: string, problems: QuestionProblems): Question | undefined {
  if (!isJsonObject(value)) {
    problems.add(place, `expected an object with "question" and "relevant", found ${shownValue(value)}`);
    return undefined;
  }
  const text = value['question'];
  if (typeof text !== 'string' || text.trim() === '') {
    problems.add(place, `question: expected a text, found ${shownValue(text)}`);
    return undefined;
  }
  const id = value['id'] ?? text;
  if ((typeof id !== 'string' && typeof id !== 'number') || id === '') {
    problems.add(place, `id: expected a text or a number, found ${shownValue(id)}`);
    return undefined;
  }
  const answers = parseAnswers(value, place, problems);
  return answers === undefined ? undefined : { id: String(id), text, ...answers };
}

function parseAnswers(
  { relevant, relevantDocuments }: JsonObject,
  place: string,
  problems: QuestionProblems,
): Pick<Question, 'by' | 'relevant'> | undefined {
  if (relevant !== undefined && relevantDocuments !== undefined) {
    problems.add(place, 'expected relevant or relevantDocuments, found both');
    return undefined;
  }
  const by = relevantDocuments === undefined ? 'chunk' : 'document';
  const field = by === 'chunk' ? 'relevant' : 'relevantDocuments';
  const listed = relevant ?? relevantDocuments;
  if (!Array.isArray(listed) || listed.length === 0) {
    problems.add(place, `${field}: ${EXPECTED}, found ${shownValue(listed)}`);
    return undefined;
  }
  const grades = new Map<string, number>();
  for (const [at, answer] of listed.entries()) {
    const entry = isJsonObject(answer) ? answer : { id: answer };
    const { id, grade = 1 } = entry;
    const at_ = `${field}[${at}]`;
    if ((typeof id !== 'string' && typeof id !== 'number') || id === '') {
      problems.add(place, `${at_}: expected an id, or { "id", "grade" }, found ${shownValue(answer)}`);
    } else if (typeof grade !== 'number' || grade < 0) {
      problems.add(place, `${at_}: grade: expected a number of 0 or more, found ${shownValue(grade)}`);
    } else if (grades.has(String(id))) {
      problems.add(place, `${at_}: expected each id once, found ${shownValue(id)} again`);
    } else grades.set(String(id), grade);
  }
  if (![...grades.values()].some((grade) => grade > 0)) {
    problems.add(place, `${field}: expected at least one answer with a grade above 0`);
    return undefined;
  }
  return { by, relevant: grades };
}
