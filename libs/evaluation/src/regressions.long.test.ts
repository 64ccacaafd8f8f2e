import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmbeddedOpenAi, type EmbeddedOpenAi } from '@lockstep/embedded/openai';
import { EMBEDDED_MODEL } from '@lockstep/embedded/model';
import { compareScores } from './compare-scores.ts';
import { evaluateSearch, type EvaluatedSearch, type Evaluation } from './evaluate-search.ts';
import { makeQuestions, type QuestionSource } from './questions/make-questions.ts';
import type { Question } from './questions/question.ts';
import { createRandom } from './random.ts';

const CORPORA = join(import.meta.dirname, '../../../fixtures/corpora');
const K = 10;
const CHUNKS = 320;
/** Short chunks, since the model takes a second for about thirty of them. */
const CHUNK_WORDS = 10;

type Vectors = readonly (Float32Array | undefined)[];

let service: EmbeddedOpenAi;
let chunks: readonly QuestionSource[];
let questions: readonly Question[];
let vectors: readonly Float32Array[];
let asked: readonly Float32Array[];
let base: Evaluation;

/** Passages of both sample corpora. */
function readPassages(): string[] {
  const whale = JSON.parse(readFileSync(join(CORPORA, 'moby-dick/chunks.json'), 'utf8')) as Record<string, string>[];
  const lines = readFileSync(join(CORPORA, 'handbook/chunks.jsonl'), 'utf8').trim().split('\n');
  const handbook = lines.map((line) => JSON.parse(line) as Record<string, string>);
  return [
    ...whale.map((record) => record['text_snippet_preview'] ?? ''),
    ...handbook.map((record) => record['text'] ?? ''),
  ];
}

/** `CHUNKS` different pieces of the passages, spread over all of them. */
function cutChunks(): QuestionSource[] {
  const pieces = readPassages().flatMap((text) => {
    const words = text.split(/\s+/);
    const starts = Array.from({ length: Math.floor(words.length / CHUNK_WORDS) }, (_, at) => at * CHUNK_WORDS);
    return starts.map((start) => words.slice(start, start + CHUNK_WORDS).join(' '));
  });
  const different = [...new Set(pieces)];
  const step = different.length / CHUNKS;
  return Array.from({ length: CHUNKS }, (_, at) => ({
    chunkId: `c${at}`,
    text: different[Math.floor(at * step)] as string,
  }));
}

async function embed(texts: readonly string[]): Promise<Float32Array[]> {
  // Texts of one length together: the model computes as much for each as for the longest.
  const order = [...texts.keys()].sort((a, b) => (texts[a] as string).length - (texts[b] as string).length);
  const found: Float32Array[] = [];
  for (let start = 0; start < order.length; start += 8) {
    const batch = order.slice(start, start + 8);
    const body = JSON.stringify({
      model: EMBEDDED_MODEL,
      input: batch.map((at) => texts[at]),
      encoding_format: 'float',
    });
    const reply = await service.fetch('http://embedded.invalid/v1/embeddings', { method: 'POST', body });
    const { data } = (await reply.json()) as { data: { embedding: number[] }[] };
    for (const [place, { embedding }] of data.entries()) found[batch[place] as number] = Float32Array.from(embedding);
  }
  return found;
}

/** Asks an index whose chunks have these vectors; undefined of one that was lost. */
function evaluate(stored: Vectors, of: readonly Float32Array[] = asked, limit = K): Promise<Evaluation> {
  const byText = new Map(questions.map(({ text }, at) => [text, of[at] as Float32Array]));
  return evaluateSearch({
    questions,
    ...{ k: K, limitMax: 100, concurrency: 1 },
    search: async (text) => ({ hits: nearest(stored, byText.get(text) as Float32Array, limit), dropped: 0 }),
  });
}

function nearest(stored: Vectors, query: Float32Array, limit: number): EvaluatedSearch['hits'] {
  const hits: { chunkId: string; documentId: null; score: number }[] = [];
  for (const [index, vector] of stored.entries()) {
    if (vector === undefined) continue;
    const score = dot(vector, query);
    if (hits.length === limit && score <= (hits[limit - 1]?.score ?? -1)) continue;
    const behind = hits.findIndex((hit) => hit.score < score);
    hits.splice(behind === -1 ? hits.length : behind, 0, { chunkId: `c${index}`, documentId: null, score });
    if (hits.length > limit) hits.pop();
  }
  return hits;
}

/** Four sums side by side take half the time of one. */
function dot(a: Float32Array, b: Float32Array): number {
  let [one, two, three, four] = [0, 0, 0, 0];
  for (let at = 0; at < a.length; at += 4) {
    one += (a[at] as number) * (b[at] as number);
    two += (a[at + 1] as number) * (b[at + 1] as number);
    three += (a[at + 2] as number) * (b[at + 2] as number);
    four += (a[at + 3] as number) * (b[at + 3] as number);
  }
  return one + two + (three + four);
}

/** As Qdrant stores a vector for cosine similarity. */
function unit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(dot(vector, vector));
  return length === 0 ? vector : vector.map((value) => value / length);
}

/** Normally distributed numbers, the same for the same seed. */
function normal(seed: number): () => number {
  const random = createRandom(seed);
  const fraction = (): number => (random() + 0.5) / 2 ** 32;
  return () => Math.sqrt(-2 * Math.log(fraction())) * Math.cos(2 * Math.PI * fraction());
}

/** Each rebuild takes them from another place, since drawing new ones takes longer than all the rest. */
const NOISE = Float32Array.from({ length: 250_007 }, normal(5));

function noisy(of: readonly Float32Array[], size: number, seed: number): Float32Array[] {
  let place = seed * 2_473;
  return of.map((vector) => unit(vector.map((value) => value + size * (NOISE[(place += 1) % NOISE.length] as number))));
}

const at = (index: number): Float32Array => vectors[(index + CHUNKS) % CHUNKS] as Float32Array;
const each = (change: (vector: Float32Array, index: number) => Float32Array | undefined): Vectors =>
  vectors.map(change);

beforeAll(async () => {
  service = createEmbeddedOpenAi();
  chunks = cutChunks();
  questions = await makeQuestions(
    async function* () {
      yield chunks;
    },
    { count: 300 },
  );
  asked = await embed(questions.map(({ text }) => text));
  vectors = await embed(chunks.map(({ text }) => text));
  base = await evaluate(vectors);
}, 280_000);

afterAll(() => service.close());

/** What could go wrong with an index or with the questions to it. */
const REGRESSIONS: readonly (readonly [title: string, make: () => Promise<Evaluation>])[] = [
  [
    'the questions have the prefix of another model',
    async () => evaluate(vectors, await embed(questions.map(({ text }) => `title: none | text: ${text}`))),
  ],
  [
    'a tenth of the questions has the vectors of the questions before them',
    () =>
      evaluate(
        vectors,
        asked.map((vector, index) => (index % 10 === 5 ? (asked[index - 1] as Float32Array) : vector)),
      ),
  ],
  [
    'the chunks are truncated to five words',
    async () => evaluate(await embed(chunks.map(({ text }) => text.split(' ').slice(0, 5).join(' ')))),
  ],
  [
    '5 % of the chunks are lost here and there',
    () => evaluate(each((vector, index) => (index % 20 === 7 ? undefined : vector))),
  ],
  [
    'the last 5 % of the chunks are lost',
    () => evaluate(each((vector, index) => (index >= CHUNKS * 0.95 ? undefined : vector))),
  ],
  ['a tenth of the chunks is lost', () => evaluate(each((vector, index) => (index % 10 === 3 ? undefined : vector)))],
  [
    '5 % of the vectors are zero',
    () => evaluate(each((vector, index) => (index % 20 === 11 ? new Float32Array(384) : vector))),
  ],
  [
    'neighbours have swapped their vectors, 5 % of all',
    () =>
      evaluate(each((vector, index) => (index % 40 === 4 ? at(index + 1) : index % 40 === 5 ? at(index - 1) : vector))),
  ],
  ['every vector is that of the chunk after it', () => evaluate(each((_, index) => at(index + 1)))],
  [
    'a batch of 32 is in the reverse order',
    () => evaluate(each((vector, index) => (index < 32 ? at(31 - index) : vector))),
  ],
  [
    '5 % of the vectors are those of other texts',
    () => evaluate(each((vector, index) => (index % 20 === 2 ? at(index + 97) : vector))),
  ],
  [
    '5 % of the vectors have the opposite sign',
    () => evaluate(each((vector, index) => (index % 20 === 9 ? vector.map((value) => -value) : vector))),
  ],
  [
    'the numbers of a tenth of the vectors have moved by one place',
    () =>
      evaluate(
        each((vector, index) =>
          index % 10 === 6 ? vector.map((_, place) => vector[(place + 1) % 384] as number) : vector,
        ),
      ),
  ],
  [
    'only the first 64 numbers of a vector are kept',
    () => evaluate(each((vector) => unit(vector.map((value, place) => (place < 64 ? value : 0))))),
  ],
  [
    'the vectors are averaged with those of the chunks after them',
    () =>
      evaluate(each((vector, index) => unit(vector.map((value, place) => value + (at(index + 1)[place] as number))))),
  ],
  ['the vectors have noise of 0.08', () => evaluate(noisy(vectors, 0.08, 5))],
  [
    'the vectors are not normalised, and of any length',
    () => evaluate(each((vector, index) => vector.map((value) => value * (0.4 + ((index * 7) % 10) / 10)))),
  ],
  [
    'half of each vector was not written',
    () =>
      evaluate(
        each((vector, index) => (index % 8 === 1 ? vector.map((value, place) => (place < 288 ? 0 : value)) : vector)),
      ),
  ],
  [
    'a filter hides a tenth of the corpus',
    () => evaluate(each((vector, index) => (index >= 64 && index < 96 ? undefined : vector))),
  ],
  ['only the first result is given', () => evaluate(vectors, asked, 1)],
];

describe('regressions of an index of 320 chunks, with 300 questions made of them', () => {
  it('there are 300 different questions, each has its answer among the chunks, and most are answered', () => {
    expect(new Set(questions.map(({ text }) => text)).size).toBe(300);
    const ids = new Set(chunks.map(({ chunkId }) => chunkId));
    expect(questions.every(({ relevant }) => [...relevant.keys()].every((id) => ids.has(id)))).toBe(true);
    expect(base.measures.recall.mean).toBeGreaterThan(0.9);
    expect(REGRESSIONS).toHaveLength(20);
  });

  it.each(REGRESSIONS)('a comparison finds it: %s', { timeout: 120_000 }, async (_title, make) => {
    const { scores } = await make();
    expect(compareScores(base.scores, scores).lost).not.toEqual([]);
  });

  it(
    'of 100 rebuilds that differ by noise of 0.001 in the vectors, it calls at most 5 worse',
    { timeout: 120_000 },
    async () => {
      let flagged = 0;
      for (let seed = 1; seed <= 100; seed += 1) {
        const { scores } = await evaluate(noisy(vectors, 1e-3, seed));
        if (compareScores(base.scores, scores).lost.length > 0) flagged += 1;
      }
      expect(flagged).toBeLessThanOrEqual(5);
    },
  );
});
