import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { RunnableLambda } from '@langchain/core/runnables';
import { openIndex } from '@lockstep/indexer';
import { connectReader } from '@lockstep/indexer/reader';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LockstepRetriever } from '../langchain-retriever.ts';
import { loadIndex, type LoadedIndex } from './loaded-index.ts';
import { RECORDS } from './records.ts';

let index: LoadedIndex;
beforeAll(async () => {
  index = await loadIndex('books', RECORDS);
});
afterAll(() => index[Symbol.asyncDispose]());

function retrieverWith(options: Omit<ConstructorParameters<typeof LockstepRetriever>[0], 'reader'>) {
  const { environment } = index;
  const reader = connectReader({
    embedder: { apiKey: 'openai-secret', baseUrl: environment['OPENAI_BASE_URL'] },
    vectors: { url: String(environment['QDRANT_HOST']) },
    rows: {
      connectionString: String(environment['NEON_POSTGRES_CONNECTION_STRING']),
      fetchEndpoint: environment['NEON_FETCH_ENDPOINT'],
    },
    corpus: 'books',
  });
  return new LockstepRetriever({ reader, ...options });
}

it('the retriever gives chunks as documents, best first, with their fields and their score as metadata', async () => {
  const [document, ...others] = await retrieverWith({ limit: 2 }).invoke('Call me Ishmael.');
  expect(others).toHaveLength(1);
  expect(document).toMatchObject({
    id: expect.stringMatching(/^[\da-f-]{36}$/) as string,
    pageContent: 'Call me Ishmael.',
    metadata: {
      ...{ corpus: 'books', chunk_id: 'a', document_id: 'moby-dick', chapter_title: 'Loomings', page_number: 1 },
      ...{ created_at: null, mood: 'wet', score: expect.closeTo(1, 5) as number },
    },
  });
});

it('the filter of the retriever reaches Qdrant, and its answer the next step of a chain', async () => {
  const ids = new RunnableLambda({
    func: (documents: { metadata: Record<string, unknown> }[]) =>
      documents.map(({ metadata }) => metadata['chunk_id']).toSorted(),
  });
  const chain = retrieverWith({ filter: { page_number: { gte: 2 } }, limit: 10 }).pipe(ids);
  expect(await chain.invoke('Call me Ishmael.')).toEqual(['b', 'c']);
});

it('the chain prints a prompt with the passages that were found', async () => {
  const args = ['langchain-chain.ts', 'The whiteness of the whale.', 'books'];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: `${import.meta.dirname}/..`,
    env: index.environment,
  });
  expect(stdout).toMatch(
    /^system: Answer from [^]*\n\n\[b\] The whiteness of the whale\.[^]*\nhuman: The whiteness of the whale\.\n$/,
  );
  expect([...stdout.matchAll(/^\[\w\] /gm)]).toHaveLength(3);
});

it('the retriever tells how many hits are left out', async () => {
  const told: number[] = [];
  const retriever = retrieverWith({ onDropped: (count) => void told.push(count) });
  expect([(await retriever.invoke('Call me Ishmael.')).length, told]).toEqual([3, []]);
  await index.deleteRow('c');
  expect([(await retriever.invoke('Call me Ishmael.')).length, told]).toEqual([2, [1]]);
});

it('an index that is opened on the embedded stores is a reader of the retriever too', async () => {
  await using opened = await openIndex({
    corpus: await index.writeRecords('notes.json', RECORDS),
    cwd: index.folder,
    env: { ...index.environment, LOCKSTEP_VECTORS: 'embedded', LOCKSTEP_ROWS: 'embedded' },
    embedder: 'cloud',
  });
  await opened.load({ price: 0.02 });
  const [document] = await new LockstepRetriever({ reader: opened, limit: 1 }).invoke('The whiteness of the whale.');
  expect(document).toMatchObject({ pageContent: 'The whiteness of the whale.', metadata: { corpus: 'notes' } });
});
