import { createRandom } from '../random.ts';
import type { Question } from './question.ts';

/** A chunk that questions are made of. */
export interface QuestionSource {
  readonly chunkId: string;
  readonly text: string;
}

export interface MakeQuestionsOptions {
  /** How many, at most; a corpus with fewer sentences gives fewer. */
  readonly count: number;
  /** Another seed gives other questions. @default 1 */
  readonly seed?: number | undefined;
}

/** A sentence with fewer words says too little, and one with more is a text of its own. */
const WORDS_MIN = 6;
const WORDS_MAX = 30;

/** The share of the words that is left out, so that no question is the text itself. */
const LEFT_OUT = 0.5;
const WORDS_LEFT_MIN = 4;

/**
 * Known-item questions: sentences of the chunks with some of their words left out. The answer of each is the chunk that has the
 * sentence, or all chunks that have it. No chunk gives a second one before all have given a first. The same chunks in any order give
 * the same questions.
 *
 * They show whether chunks are still found by what they say, and not how well real questions are answered.
 *
 * @param chunks gives all chunks; it is called twice
 */
export async function makeQuestions(
  chunks: () => AsyncIterable<readonly QuestionSource[]>,
  { count, seed = 1 }: MakeQuestionsOptions,
): Promise<Question[]> {
  let chosen: Candidate[] = [];
  const choose = (): void => {
    const seen = new Set<string>();
    chosen = chosen
      .toSorted((a, b) => a.turn - b.turn || a.order - b.order || (a.sentence < b.sentence ? -1 : 1))
      .filter(({ sentence }) => !seen.has(sentence) && seen.add(sentence))
      .slice(0, count);
  };
  for await (const page of chunks()) {
    for (const { text } of page) {
      const own = sentencesOf(text).map((sentence) => ({ sentence, order: hashOf(sentence, seed) }));
      chosen.push(...own.toSorted((a, b) => a.order - b.order).map((each, turn) => ({ ...each, turn })));
    }
    // Memory does not grow with the corpus.
    if (chosen.length > 4 * count) choose();
  }
  choose();
  const answers = new Map(chosen.map(({ sentence }) => [sentence, new Set<string>()]));
  for await (const page of chunks()) {
    for (const { chunkId, text } of page) {
      for (const sentence of sentencesOf(text)) answers.get(sentence)?.add(chunkId);
    }
  }
  return chosen.map(({ sentence, order }, at) => ({
    id: `made-${String(at + 1).padStart(String(count).length, '0')}`,
    text: withoutSomeWords(sentence, order),
    by: 'chunk',
    relevant: new Map([...(answers.get(sentence) ?? [])].toSorted().map((chunkId) => [chunkId, 1])),
  }));
}

interface Candidate {
  readonly sentence: string;
  /** How many sentences of the same chunk come before it. */
  readonly turn: number;
  /** Random, and the same for the same sentence. */
  readonly order: number;
}

const SENTENCES = new Intl.Segmenter('en', { granularity: 'sentence' });
const WORDS = new Intl.Segmenter('en', { granularity: 'word' });

/** The different sentences of a text that are long enough for a question. */
function sentencesOf(text: string): string[] {
  const sentences = [...SENTENCES.segment(text)].map(({ segment }) => segment.replaceAll(/\s+/g, ' ').trim());
  return [...new Set(sentences)].filter((sentence) => wordsOf(sentence).length >= WORDS_MIN);
}

function wordsOf(sentence: string): string[] {
  return [...WORDS.segment(sentence)].flatMap(({ segment, isWordLike }) => (isWordLike === true ? [segment] : []));
}

function withoutSomeWords(sentence: string, seed: number): string {
  const random = createRandom(seed);
  const words = wordsOf(sentence).slice(0, WORDS_MAX);
  const order = words.map((_, at) => ({ at, drawn: random() })).toSorted((a, b) => a.drawn - b.drawn);
  const left = Math.max(WORDS_LEFT_MIN, Math.round(words.length * (1 - LEFT_OUT)));
  const kept = new Set(order.slice(0, left).map(({ at }) => at));
  return words.filter((_, at) => kept.has(at)).join(' ');
}

/** FNV-1a of a text and a seed, mixed; for an order that looks random. */
function hashOf(text: string, seed: number): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return createRandom(hash)();
}
