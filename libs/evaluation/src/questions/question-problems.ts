import { IndexingError } from '@lockstep/model';

/** How many wrong records a message names. */
const NAMED_MAX = 5;

/** Gathers what is wrong with questions, so that one message names several places. */
export interface QuestionProblems {
  /** `place` names the file and the record. */
  add(place: string, problem: string): void;
  /** Fails with `questions-invalid` if anything was added. */
  refuse(): void;
}

export function createQuestionProblems(): QuestionProblems {
  const problems: string[] = [];
  let count = 0;
  return {
    add(place, problem) {
      count += 1;
      if (problems.length < NAMED_MAX) problems.push(`${place}: ${problem}`);
    },
    refuse() {
      if (count === 0) return;
      const more = count > problems.length ? `; and ${count - problems.length} more` : '';
      throw new IndexingError({ code: 'questions-invalid', message: `${problems.join('; ')}${more}.` });
    },
  };
}

/** What was found in place of something else, short and without control characters. */
export function shownValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value);
  return text.length > SHOWN_UNITS ? `${text.slice(0, SHOWN_UNITS)}…` : text;
}

const SHOWN_UNITS = 60;
