import { canonicalJson, sha256Hex } from '@lockstep/model';

/** A question with the answers that a search should find. */
export interface Question {
  /** Names it in messages and results. */
  readonly id: string;
  readonly text: string;
  /** Whether `relevant` names chunks, or documents of which any chunk will do. */
  readonly by: 'chunk' | 'document';
  /** Grades of answers by their ids: above 0 is relevant, and more is better. */
  readonly relevant: ReadonlyMap<string, number>;
}

/** Enough for any number of questions that people write. */
const KEY_DIGITS = 16;

/** The same for the same question with the same answers, whatever its id is. */
export function questionKey({ text, by, relevant }: Question): string {
  const answers = [...relevant].filter(([, grade]) => grade > 0).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sha256Hex(canonicalJson([text, by, answers])).slice(0, KEY_DIGITS);
}

/** SHA-256 over all questions with their answers, in any order, in 64 hex digits. */
export function questionsDigest(questions: readonly Question[]): string {
  return sha256Hex(questions.map(questionKey).toSorted().join('\n'));
}
