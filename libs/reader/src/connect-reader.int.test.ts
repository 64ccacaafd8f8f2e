import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPglite, startEmbeddedQdrant } from '@lockstep/embedded';
import { createProtocolEmbedder } from '@lockstep/embed-openai/protocol';
import { contentHashOf, embeddingKeyOf, pointIdOf } from '@lockstep/model';
import { createGuard } from '@lockstep/resilience';
import { createNeonRowStore } from '@lockstep/store-neon';
import { createNeonClient } from '@lockstep/store-neon/neon-client';
import { createQdrantVectorStore } from '@lockstep/store-qdrant';
import { createNeonHandler, startFaultServer, startStubOpenAi } from '@lockstep/testing-faults';
import { connectReader, type ReaderAddresses } from './connect-reader.ts';

const connectionString = 'postgresql://user:pg-secret@ep-one.test/db';
const MODEL = { model: 'm', dimensions: 64 };

let addresses: ReaderAddresses;
const stack = new AsyncDisposableStack();

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'reader-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const openai = await startStubOpenAi({ dimensions: MODEL.dimensions });
  stack.defer(() => openai.close());
  const qdrant = await startEmbeddedQdrant({ directory: join(folder, 'qdrant') });
  stack.defer(() => qdrant.close());
  const database = await openPglite({ directory: join(folder, 'postgres'), waitMs: 10_000 });
  stack.defer(() => database.close());
  const neon = await startFaultServer({
    handler: createNeonHandler((statements, options) => database.run(statements, options)),
  });
  stack.defer(() => neon.close());
  addresses = {
    embedder: { apiKey: 'openai-secret', baseUrl: openai.baseUrl, ...MODEL },
    vectors: { url: qdrant.url },
    rows: { connectionString, fetchEndpoint: `${neon.url}/sql` },
    corpus: 'books',
  };

  const timeoutMs = 60_000;
  const embedder = createProtocolEmbedder({
    ...{ apiKey: 'none', baseUrl: openai.baseUrl, ...MODEL, timeoutMs, countTokens: (text) => text.length },
    guard: createGuard({ dependency: 'openai' }),
  });
  const texts = ['Call me Ishmael.', 'The whiteness of the whale.'];
  const { vectors } = await embedder.embed(texts);
  const chunks = texts.map((text, at) => {
    const chunk = {
      ...{ chunkId: `c${at}`, documentId: 'moby-dick', chapterTitle: null, pageNumber: at, text, createdAt: null },
      metadata: {},
    };
    return {
      ...chunk,
      pointId: pointIdOf('books', chunk.chunkId),
      contentHash: contentHashOf(chunk),
      embeddingKey: embeddingKeyOf(embedder.identity, text),
    };
  });
  const store = createQdrantVectorStore({
    ...{ url: new URL(qdrant.url), collection: 'book_vectors', timeoutMs },
    guard: createGuard({ dependency: 'qdrant' }),
  });
  await store.ensure({ dimensions: MODEL.dimensions, indexes: { corpus: 'keyword' } });
  await store.upsert(
    chunks.map(({ pointId, chunkId, documentId, contentHash, embeddingKey, pageNumber }, at) => ({
      pointId,
      vector: vectors[at] as Float32Array,
      payload: {
        ...{ corpus: 'books', chunk_id: chunkId, document_id: documentId, model: 'm', page_number: pageNumber },
        ...{ content_hash: contentHash, embedding_key: embeddingKey, projection: 'p' },
      },
    })),
  );
  const sql = createNeonClient({
    ...{ connectionString, fetchEndpoint: `${neon.url}/sql` },
    guard: createGuard({ dependency: 'neon' }),
  });
  const rows = createNeonRowStore({ sql, table: 'rag_metadata', shownDatabase: 'db' });
  await rows.ensure();
  await rows.raiseFence('books', 1);
  await rows.upsert({ corpus: 'books', fence: 1, items: chunks });
});

afterAll(() => stack.disposeAsync());

describe('connectReader', () => {
  it('finds chunks in services that are named by their addresses', async () => {
    const { hits, dropped } = await connectReader(addresses).search('The whiteness of the whale.', { limit: 1 });
    expect(hits).toMatchObject([{ chunkId: 'c1', text: 'The whiteness of the whale.', documentId: 'moby-dick' }]);
    expect(dropped).toBe(0);
  });

  it('hands filters to Qdrant', async () => {
    const { hits } = await connectReader(addresses).search('The whiteness of the whale.', {
      filter: { page_number: 0 },
    });
    expect(hits.map(({ chunkId }) => chunkId)).toEqual(['c0']);
  });

  it.each<[option: string, change: Partial<ReaderAddresses>, expected: string]>([
    ['embedder.apiKey', { embedder: { apiKey: 'a key' } }, 'visible ASCII'],
    ['embedder.dimensions', { embedder: { apiKey: 'k', model: 'unknown' } }, 'a number'],
    ['embedder.baseUrl', { embedder: { apiKey: 'k', baseUrl: 'http://api.example.com/v1' } }, 'https'],
    ['vectors.url', { vectors: { url: 'qdrant:6333' } }, 'an http or https URL'],
    ['vectors.url', { vectors: { url: 'http://a.example.com', apiKey: 'vectors-secret' } }, 'https'],
    ['vectors.url', { vectors: { url: 'https://me:vectors-secret@a.example.com' } }, 'no user or password'],
    ['rows.connectionString', { rows: { connectionString: 'postgresql://u:pg-se/cret@h/db' } }, 'percent-encoded'],
    ['rows.fetchEndpoint', { rows: { connectionString, fetchEndpoint: 'http://a.example.com' } }, 'https'],
  ])('refuses what it cannot use before anything is sent, and shows no value: %s %j', (option, change, expected) => {
    let message = '';
    try {
      connectReader({ ...addresses, ...change });
    } catch (error) {
      expect(error).toMatchObject({ code: 'option-invalid' });
      message = (error as Error).message;
    }
    expect(message).toContain(`${option}: expected`);
    expect(message).toContain(expected);
    expect(message).not.toMatch(/-secret|se\/cret|a key/);
  });
});
