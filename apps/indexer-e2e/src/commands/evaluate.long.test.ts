import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmbeddedQdrant } from '@lockstep/embedded';
import type { EvaluateResult } from '@lockstep/indexer/results/evaluate-result';
import { runIndexer } from '../support/run-indexer.ts';

const CORPORA = resolve(import.meta.dirname, '../../../../fixtures/corpora');
const MODEL = 'embedded/all-minilm-l6-v2';
const TIMEOUT_MS = 280_000;

interface AskedQuestion {
  readonly question: string;
  readonly relevant: readonly string[];
}

let folder: string;

const indexer = (...args: string[]) => runIndexer(folder, args);
const inFolder = (...parts: string[]): string => join(folder, ...parts);

async function evaluate(...args: string[]): Promise<EvaluateResult & { readonly exit: number | null }> {
  const { exit, stdout, stderr } = await indexer('evaluate', ...args, '--json');
  expect(stdout, stderr).toMatch(/^\{/);
  return { ...(JSON.parse(stdout) as EvaluateResult), exit };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-evaluate-'));
  writeFileSync(inFolder('nx.json'), '{}');
  for (const corpus of ['handbook', 'moby-dick']) cpSync(join(CORPORA, corpus), inFolder(corpus), { recursive: true });
  const { exit, stderr } = await indexer('run', '--all');
  expect(exit, stderr).toBe(0);
}, TIMEOUT_MS);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The vectors of the cache by the texts that they are of. */
function cachedVectors(texts: readonly string[]): Map<string, Float32Array> {
  const [file = ''] = readdirSync(inFolder('.lockstep', 'cache')).filter((name) => name.endsWith('.jsonl'));
  const lines = readFileSync(inFolder('.lockstep', 'cache', file), 'utf8')
    .trim()
    .split('\n');
  const byKey = new Map(
    lines.map((line) => {
      const { key, vector } = JSON.parse(line) as { key: string; vector: string };
      const bytes = Uint8Array.from(Buffer.from(vector, 'base64'));
      return [key, new Float32Array(bytes.buffer)];
    }),
  );
  const keyOf = (text: string): string =>
    createHash('sha256')
      .update(JSON.stringify(['lockstep.embedding/1', MODEL, null, 384, text]))
      .digest('hex');
  return new Map(texts.map((text) => [text, byKey.get(keyOf(text)) as Float32Array]));
}

/** Recall, reciprocal rank and nDCG of the first ten, from the vectors alone: the rank of an answer is 1 and the number of better chunks. */
function measuredByHand(corpus: string): Record<'recall' | 'mrr' | 'ndcg', number> {
  const questions = JSON.parse(readFileSync(inFolder(corpus, 'questions.json'), 'utf8')) as AskedQuestion[];
  const file = corpus === 'handbook' ? 'chunks.jsonl' : 'chunks.json';
  const content = readFileSync(inFolder(corpus, file), 'utf8');
  const records = (
    file.endsWith('l')
      ? content
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as unknown)
      : JSON.parse(content)
  ) as Record<string, string>[];
  const chunks = records.map((record) => ({
    id: record['id'] ?? record['chunk_id'] ?? '',
    text: record['text'] ?? record['text_snippet_preview'] ?? '',
  }));
  const vectors = cachedVectors([...chunks.map(({ text }) => text), ...questions.map(({ question }) => question)]);
  const cosine = (one: string, two: string): number => {
    const [a, b] = [vectors.get(one) as Float32Array, vectors.get(two) as Float32Array];
    const product = (x: Float32Array, y: Float32Array) =>
      x.reduce((sum, value, at) => sum + value * (y[at] as number), 0);
    return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
  };
  const sums = { recall: 0, mrr: 0, ndcg: 0 };
  for (const { question, relevant } of questions) {
    const [answer = ''] = relevant;
    expect(relevant).toHaveLength(1);
    const own = cosine(question, chunks.find(({ id }) => id === answer)?.text ?? '');
    const rank = 1 + chunks.filter(({ id, text }) => id !== answer && cosine(question, text) > own).length;
    if (rank > 10) continue;
    sums.recall += 1 / questions.length;
    sums.mrr += 1 / rank / questions.length;
    sums.ndcg += Math.LN2 / Math.log(rank + 1) / questions.length;
  }
  return sums;
}

/** Makes a collection with the points of another one, and the vectors that `change` gives them, in the embedded Qdrant. */
async function copyCollection(
  name: string,
  change: (vectors: readonly number[][]) => readonly number[][],
): Promise<void> {
  const qdrant = await startEmbeddedQdrant({ directory: inFolder('.lockstep', 'qdrant') });
  const send = async (method: string, path: string, body: object): Promise<{ result: unknown }> => {
    const headers = { 'content-type': 'application/json' };
    const reply = await fetch(`${qdrant.url}/collections/${path}`, { method, headers, body: JSON.stringify(body) });
    expect(reply.status, await reply.clone().text()).toBe(200);
    return (await reply.json()) as { result: unknown };
  };
  const filter = { must: [{ key: 'corpus', match: { value: 'moby-dick' } }] };
  const { result } = await send('POST', 'book_vectors/points/scroll', {
    filter,
    limit: 1_000,
    with_vector: true,
    with_payload: true,
  });
  const { points } = result as { points: { id: string; vector: number[]; payload: object }[] };
  const changed = change(points.map(({ vector }) => vector));
  await send('PUT', name, { vectors: { size: 384, distance: 'Cosine' } });
  await send('PUT', `${name}/points?wait=true`, {
    points: points.map(({ id, payload }, at) => ({ id, payload, vector: changed[at] })),
  });
  await qdrant.close();
}

describe('evaluate', { timeout: TIMEOUT_MS }, () => {
  it.each(['handbook', 'moby-dick'])('the measures of %s equal those computed from its vectors', async (corpus) => {
    const { exit, evaluations } = await evaluate(corpus);
    const [evaluation] = evaluations;
    expect(exit).toBe(0);
    const expected = measuredByHand(corpus);
    for (const measure of ['recall', 'mrr', 'ndcg'] as const) {
      expect(evaluation?.measures[measure].mean, measure).toBeCloseTo(expected[measure], 5);
    }
    expect(evaluation).toMatchObject({ corpus, k: 10, model: MODEL, unanswerable: 0, dropped: 0 });
    expect(evaluation?.run).toMatchObject({ fence: 1 });
  });

  it('no question is embedded twice, and an evaluation can be compared with the one before', async () => {
    const { exit, evaluations, comparison } = await evaluate('handbook', '--compare', 'last');
    expect(exit).toBe(0);
    expect(evaluations[0]?.embedding).toEqual({ embedded: 0, cached: 23, tokens: 0, cost: 0 });
    expect(comparison).toMatchObject({ questions: 23, lost: [], gained: [], before: { corpus: 'handbook' } });
  });

  it('a collection whose vectors are partly those of other chunks is found worse, with exit code 5, and a copy is not', async () => {
    await copyCollection('same', (vectors) => vectors);
    await copyCollection('mixed-up', (vectors) =>
      vectors.map((vector, at) => (at < 8 ? (vectors[(at + 1) % 8] as number[]) : vector)),
    );
    const questions = ['--questions', 'made.json'];
    const same = await evaluate('moby-dick', ...questions, '--make-questions', '200', '--compare-collection', 'same');
    expect(same).toMatchObject({ exit: 0, madeQuestions: 'made.json', comparison: { questions: 200, lost: [] } });
    const shown = await indexer('evaluate', 'moby-dick', ...questions, '--compare-collection', 'mixed-up');
    expect(shown.exit).toBe(5);
    expect(shown.stdout).toContain('moby-dick comparison: SEARCH GOT WORSE in recall@10, MRR@10, nDCG@10');
    expect(shown.stdout).toMatch(/lost most {3}made-\d+ \(rank 1 to (not found|rank \d+)\)/);
    expect(shown.stdout).toMatch(/sees {8}a loss of recall@10 0\.0\d+, MRR@10 0\.0\d+, nDCG@10 0\.0\d+/);
    const [first, second] = [...shown.stdout.matchAll(/evaluation ([0-9a-f]{8}):/g)].map(([, id]) => id);
    const again = await evaluate('moby-dick', '--compare', `${first},${second}`);
    expect(again).toMatchObject({ exit: 5, evaluations: [], comparison: { lost: ['recall', 'mrr', 'ndcg'] } });
    expect(await evaluate('moby-dick', '--compare', `${first},${second}`, '--max-loss', '0.9')).toMatchObject({
      exit: 0,
    });
  });

  it('BEIR is read from its folder, and answers that are not in the corpus are told', async () => {
    const beir = inFolder('beir');
    cpSync(inFolder('handbook', 'corpus.json'), join(beir, 'qrels', 'other.json'));
    writeFileSync(join(beir, 'queries.jsonl'), '{"_id":"1","text":"compressed list"}\n{"_id":"2","text":"lost?"}\n');
    writeFileSync(join(beir, 'qrels', 'test.tsv'), 'query-id\tcorpus-id\tscore\n1\tinput-1\t1\n2\tgone\t1\n');
    const { exit, stdout, stderr } = await indexer('evaluate', 'handbook', '--questions', 'beir');
    expect(exit).toBe(0);
    expect(stdout).toContain('2 questions (beir/qrels/test.tsv)');
    expect(stdout).toContain('1 answer of the questions is not in the corpus, and counts as not found');
    expect(stdout).toContain('1 of 2 questions have no answer there: 2');
    expect(stderr).toContain('answers-not-in-corpus');
    expect(await evaluate('handbook', '--questions', 'beir')).toMatchObject({
      evaluations: [{ unanswerableIds: ['2'] }],
    });
  });

  it.each<[mistake: string, args: string[], exit: number, message: string]>([
    ['a misspelt corpus', ['handbok'], 2, 'Did you mean "handbook"?'],
    ['no questions', ['handbook', '--questions', 'none.json'], 2, 'none.json does not exist'],
    [
      'questions of another corpus',
      ['handbook', '--questions', 'moby-dick/questions.json'],
      2,
      'No question has an answer',
    ],
    [
      'questions that are no JSON',
      ['handbook', '--questions', 'handbook/chunks.jsonl'],
      2,
      'line 1: question: expected a text',
    ],
    [
      'an unknown evaluation',
      ['handbook', '--compare', 'ffffffffff'],
      2,
      'There is no evaluation "ffffffffff"; the latest of handbook are',
    ],
    ['an evaluation of another k', ['handbook', '--compare', 'last', '--k', '3'], 2, 'expected --k 10'],
    ['an unknown collection', ['handbook', '--compare-collection', 'none'], 2, 'There is no collection embedded/none'],
    ['a file of questions that exists', ['handbook', '--make-questions', '9'], 2, 'handbook/questions.json exists'],
    [
      'two kinds of comparison',
      ['handbook', '--compare', 'last', '--compare-collection', 'x'],
      2,
      'contradict each other',
    ],
  ])('%s is an error', async (_mistake, args, exit, message) => {
    const failed = await indexer('evaluate', ...args);
    expect(failed.stderr).toContain(message);
    expect(failed.exit).toBe(exit);
  });
});
