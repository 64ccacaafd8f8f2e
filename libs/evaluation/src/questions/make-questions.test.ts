import { describe, expect, it } from 'vitest';
import { makeQuestions, type QuestionSource } from './make-questions.ts';

const SENTENCES = [
  'Call me Ishmael, said the sailor with little money in his purse.',
  'The whiteness of the whale was what above all things appalled me.',
  'Nantucket is no Illinois, and there is more sand than you would use.',
];
const make = (sources: readonly QuestionSource[], count: number, seed?: number) =>
  makeQuestions(
    async function* () {
      for (const source of sources) yield [source];
    },
    { count, seed },
  );
const answersOf = (questions: Awaited<ReturnType<typeof make>>) =>
  questions.map(({ relevant }) => [...relevant.keys()]);

describe('makeQuestions', () => {
  it('a question has half of the words of a sentence, in their order, and its chunk is the answer', async () => {
    const [made] = await make([{ chunkId: 'c1', text: SENTENCES[0] as string }], 5);
    const words = (SENTENCES[0] as string).replaceAll(/[.,]/g, '').split(' ');
    const kept = made?.text.split(' ') ?? [];
    expect(kept).toHaveLength(6);
    let place = -1;
    for (const word of kept) {
      place = words.indexOf(word, place + 1);
      expect(place).toBeGreaterThanOrEqual(0);
    }
    expect(made).toMatchObject({ id: 'made-1', by: 'chunk', relevant: new Map([['c1', 1]]) });
  });

  it('the same chunks in another order give the same questions, and another seed gives others', async () => {
    const sources = SENTENCES.map((text, at) => ({ chunkId: `c${at}`, text }));
    const first = await make(sources, 3);
    expect(await make(sources.toReversed(), 3)).toEqual(first);
    expect((await make(sources, 3, 2)).map(({ text }) => text)).not.toEqual(first.map(({ text }) => text));
  });

  it('no chunk gives a second question before all have given a first', async () => {
    const sources = [
      { chunkId: 'long', text: SENTENCES.join(' ') },
      { chunkId: 'a', text: 'A short chunk that has one sentence of its own only.' },
      { chunkId: 'b', text: 'Another short chunk that has one sentence of its own.' },
    ];
    const three = answersOf(await make(sources, 3)).flat();
    expect(three.toSorted()).toEqual(['a', 'b', 'long']);
    expect(
      answersOf(await make(sources, 9))
        .flat()
        .toSorted(),
    ).toEqual(['a', 'b', 'long', 'long', 'long']);
  });

  it('every chunk that has the sentence is an answer', async () => {
    const sources = ['c1', 'c2'].map((chunkId) => ({ chunkId, text: `${SENTENCES[1]}` }));
    expect(answersOf(await make(sources, 9))).toEqual([['c1', 'c2']]);
  });

  it('texts without a sentence of six words give none', async () => {
    expect(await make([{ chunkId: 'c', text: 'Too short. See below!' }], 9)).toEqual([]);
  });

  it('of many chunks it makes as many as asked for, all different', async () => {
    const sources = Array.from({ length: 500 }, (_, at) => ({
      chunkId: `c${at}`,
      text: `Chunk number ${at} says that ${at * 7} whales swam past the ship at noon.`,
    }));
    const made = await make(sources, 20);
    expect(new Set(answersOf(made).flat()).size).toBe(20);
    expect(made.map(({ id }) => id)).toEqual(
      Array.from({ length: 20 }, (_, at) => `made-${String(at + 1).padStart(2, '0')}`),
    );
  });
});
