import { describe, expect, it } from 'vitest';
import { pointIdOf } from '@lockstep/model';
import { checkAnswers } from './check-answers.ts';
import type { Question } from './question.ts';

const question = (id: string, by: Question['by'], grades: Record<string, number>): Question => ({
  ...{ id, text: `about ${id}`, by },
  relevant: new Map(Object.entries(grades)),
});

/** A table with these chunks of the corpus `books`, of the documents `d1` and `d2`. */
function rowsOf(...chunkIds: string[]) {
  const stored = chunkIds.map((chunkId, at) => ({
    ...{ pointId: pointIdOf('books', chunkId), chunkId, documentId: at % 2 === 0 ? 'd1' : 'd2' },
    ...{ contentHash: 'h', embeddingKey: 'k' },
  }));
  return {
    target: 'host/table',
    rows: async (ids: readonly string[]) => stored.filter(({ pointId }) => ids.includes(pointId)) as never,
    async *scan(corpus: string) {
      if (corpus === 'books') yield stored;
    },
  };
}

const check = (questions: readonly Question[], ...chunkIds: string[]) =>
  checkAnswers(questions, { corpus: 'books', rows: rowsOf(...chunkIds) });

describe('checkAnswers', () => {
  it('finds the answers that are in the corpus, and counts those that are not', async () => {
    const questions = [
      question('all', 'chunk', { a: 1, b: 2 }),
      question('some', 'chunk', { a: 1, x: 1 }),
      question('none', 'chunk', { y: 1, a: 0 }),
    ];
    const checked = await check(questions, 'a', 'b');
    expect(checked.questions).toEqual(questions);
    expect(checked.unanswerable.map(({ id }) => id)).toEqual(['none']);
    expect(checked.missing).toBe(2);
  });

  it('answers by document are looked up among the documents', async () => {
    const questions = [question('there', 'document', { d2: 1 }), question('gone', 'document', { a: 1 })];
    const checked = await check(questions, 'a', 'b');
    expect(checked.unanswerable.map(({ id }) => id)).toEqual(['gone']);
  });

  it('ids that no chunk has and that documents have are those of documents, as in data sets of others', async () => {
    const checked = await check([question('q', 'chunk', { d1: 1 })], 'd1-0', 'd1-1');
    expect(checked.questions.map(({ by }) => by)).toEqual(['document']);
    expect(checked.unanswerable).toEqual([]);
  });

  it('looks up more ids than one request takes', async () => {
    const ids = Array.from({ length: 250 }, (_, at) => `c${at}`);
    const questions = ids.map((id) => question(`about ${id}`, 'chunk', { [id]: 1 }));
    expect(await check(questions, ...ids)).toMatchObject({ unanswerable: [], missing: 0 });
  });

  it('questions of another corpus are an error that names some of their ids', async () => {
    const questions = [question('q1', 'chunk', { z1: 1 }), question('q2', 'chunk', { z2: 1 })];
    await expect(check(questions, 'a')).rejects.toMatchObject({
      code: 'questions-foreign',
      message: expect.stringContaining(
        'the corpus books at host/table: it has no chunk or document "z1", "z2"',
      ) as string,
    });
  });
});
