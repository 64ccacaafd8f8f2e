import { MEASURES, type MeasuredMean, type MeasureName, type QuestionScores } from '@lockstep/model';
import { bootstrapMeans } from './bootstrap.ts';
import { measureQuestion } from './measure-question.ts';
import { questionKey, type Question } from './questions/question.ts';

/** What a search finds, best first; a `Reader` of this workspace gives it. */
export interface EvaluatedSearch {
  readonly hits: readonly {
    readonly score: number;
    readonly chunkId: string;
    readonly documentId: string | null;
  }[];
  /** Results that were left out since the two stores differ. */
  readonly dropped: number;
}

export interface EvaluateOptions {
  /** At least one, with ids that differ. */
  readonly questions: readonly Question[];
  readonly search: (
    text: string,
    options: { readonly limit: number; readonly signal?: AbortSignal | undefined },
  ) => Promise<EvaluatedSearch>;
  /** How many results of each question are looked at. */
  readonly k: number;
  /** Most results that a search may be asked for. */
  readonly limitMax: number;
  /** Searches under way at once. @default 4 */
  readonly concurrency?: number | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How good a search is. */
export interface Evaluation {
  readonly measures: Readonly<Record<MeasureName, MeasuredMean>>;
  /** In the order of the questions. */
  readonly scores: QuestionScores;
  /** Results that the searches left out since the two stores differ. */
  readonly dropped: number;
}

/**
 * Asks every question and measures the answers. Results of equal score are taken in the order of their ids, so that the same
 * index always gets the same measures. Fails with the error of the first search that failed, after those under way have ended.
 */
export async function evaluateSearch(options: EvaluateOptions): Promise<Evaluation> {
  const { questions, search, k, limitMax, concurrency = 4, onProgress, signal } = options;
  const results = new Array<Record<MeasureName, number>>(questions.length);
  let next = 0;
  let done = 0;
  let dropped = 0;

  async function ask(): Promise<void> {
    while (next < questions.length) {
      const at = next;
      next += 1;
      try {
        signal?.throwIfAborted();
        const question = questions[at] as Question;
        // Several chunks of one document are one answer, so that more than k of them may be needed for k documents.
        const limit = question.by === 'document' ? limitMax : k;
        const found = await search(question.text, { limit, signal });
        dropped += found.dropped;
        results[at] = measureQuestion(answersOf(question, found.hits), question.relevant, k);
        done += 1;
        onProgress?.(done, questions.length);
      } catch (error) {
        next = questions.length;
        throw error;
      }
    }
  }

  const ends = await Promise.allSettled(Array.from({ length: Math.min(concurrency, questions.length) }, ask));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;

  const lists = MEASURES.map((measure) => results.map((scores) => scores[measure]));
  const means = bootstrapMeans(lists);
  const byMeasure = <Value>(values: readonly Value[]) =>
    Object.fromEntries(MEASURES.map((measure, at) => [measure, values[at]])) as Record<MeasureName, Value>;
  return {
    measures: byMeasure(means),
    scores: { ids: questions.map(({ id }) => id), keys: questions.map(questionKey), ...byMeasure(lists) },
    dropped,
  };
}

/** Ids of the chunks that were found, or of their documents, without repeats. */
function answersOf({ by }: Question, hits: EvaluatedSearch['hits']): readonly string[] {
  const inOrder = hits.toSorted((a, b) => b.score - a.score || (a.chunkId < b.chunkId ? -1 : 1));
  if (by === 'chunk') return inOrder.map(({ chunkId }) => chunkId);
  return [...new Set(inOrder.flatMap(({ documentId }) => (documentId === null ? [] : [documentId])))];
}
