import { IndexingError, pointIdOf, type CallOptions, type RowStore } from '@lockstep/model';
import type { Question } from './question.ts';

/** Questions whose answers were looked up in a corpus. */
export interface CheckedQuestions {
  readonly questions: readonly Question[];
  /** Questions of which no answer is in the corpus: no search can find one. */
  readonly unanswerable: readonly Question[];
  /** Relevant ids that are not in the corpus, of all questions. */
  readonly missing: number;
}

export interface CheckAnswersOptions extends CallOptions {
  readonly corpus: string;
  readonly rows: Pick<RowStore, 'rows' | 'scan' | 'target'>;
}

/** Ids that are looked up in one request. */
const BATCH_ITEMS = 100;

/** Ids that a message names. */
const NAMED_MAX = 3;

/**
 * Looks up which answers are in the corpus. Where not one id of a chunk is, and ids of documents are the same texts, the questions are
 * taken to name documents: sets of others judge documents, which are cut into chunks here.
 *
 * Fails with `questions-foreign` where no question has an answer in the corpus.
 */
export async function checkAnswers(
  given: readonly Question[],
  { corpus, rows, signal }: CheckAnswersOptions,
): Promise<CheckedQuestions> {
  const chunks = await knownChunks(relevantIds(given, 'chunk'), { corpus, rows, signal });
  const isByChunk = given.every(({ by }) => by === 'chunk');
  const documents =
    isByChunk && chunks.size > 0 ? new Set<string>() : await knownDocuments(given, { corpus, rows, signal });
  const areDocuments = isByChunk && chunks.size === 0 && documents.size > 0;
  const questions = areDocuments ? given.map((question): Question => ({ ...question, by: 'document' })) : given;
  let missing = 0;
  const unanswerable = questions.filter((question) => {
    const known = question.by === 'chunk' ? chunks : documents;
    const wanted = relevantOf(question);
    const there = wanted.filter((id) => known.has(id)).length;
    missing += wanted.length - there;
    return there === 0;
  });
  if (unanswerable.length === questions.length) {
    const named = unanswerable.slice(0, NAMED_MAX).flatMap((question) => relevantOf(question).slice(0, 1));
    throw new IndexingError({
      code: 'questions-foreign',
      message: `No question has an answer in the corpus ${corpus} at ${rows.target}: it has no chunk or document ${named.map((id) => JSON.stringify(id)).join(', ')}.`,
    });
  }
  return { questions, unanswerable, missing };
}

function relevantOf({ relevant }: Question): string[] {
  return [...relevant].flatMap(([id, grade]) => (grade > 0 ? [id] : []));
}

function relevantIds(questions: readonly Question[], by: Question['by']): Set<string> {
  return new Set(questions.filter((question) => question.by === by).flatMap(relevantOf));
}

/** Those of the chunk ids that the corpus has. */
async function knownChunks(
  ids: ReadonlySet<string>,
  { corpus, rows, signal }: CheckAnswersOptions,
): Promise<Set<string>> {
  const pointIds = [...ids].map((id) => pointIdOf(corpus, id));
  const known = new Set<string>();
  for (let start = 0; start < pointIds.length; start += BATCH_ITEMS) {
    for (const { chunkId } of await rows.rows(pointIds.slice(start, start + BATCH_ITEMS), { signal })) {
      known.add(chunkId);
    }
  }
  return known;
}

/** Those of the ids, whether of documents or unknown, that documents of the corpus have. */
async function knownDocuments(
  questions: readonly Question[],
  { corpus, rows, signal }: CheckAnswersOptions,
): Promise<Set<string>> {
  const wanted = new Set(questions.flatMap(relevantOf));
  const known = new Set<string>();
  for await (const page of rows.scan(corpus, { signal })) {
    for (const { documentId } of page) if (documentId !== null && wanted.has(documentId)) known.add(documentId);
  }
  return known;
}
