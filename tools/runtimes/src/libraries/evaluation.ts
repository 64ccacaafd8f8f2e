import { evaluateSearch, parseQuestions } from '@lockstep/evaluation';
import type { LibraryCall } from './library-call.ts';

export const call: LibraryCall = async () => {
  const text = JSON.stringify([
    { id: 'first', question: 'Who is first?', relevant: ['a'] },
    { id: 'second', question: 'Who is second?', relevant: ['b'] },
  ]);
  const { measures } = await evaluateSearch({
    questions: parseQuestions({ text, shown: 'questions.json' }),
    search: async () => ({
      hits: [
        { score: 0.9, chunkId: 'a', documentId: null },
        { score: 0.8, chunkId: 'b', documentId: null },
      ],
      dropped: 0,
    }),
    k: 10,
    limitMax: 100,
  });
  return { found: [measures.recall.mean, measures.mrr.mean], expected: [1, 0.75] };
};
