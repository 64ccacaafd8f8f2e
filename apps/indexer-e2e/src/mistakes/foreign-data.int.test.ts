import { join } from 'node:path';
import { startEmbeddedQdrant, type EmbeddedQdrant } from '@lockstep/embedded';
import { startStubOpenAi, type StubOpenAi } from '@lockstep/testing-faults';
import { createDatabase, type TestDatabase } from '@lockstep/testing-postgres';
import { QdrantClient } from '@qdrant/js-client-rest';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkSaid, makeMistakesWorkspace, type MistakesWorkspace } from './mistakes-workspace.ts';

const DIMENSIONS = 8;

let workspace: MistakesWorkspace;
let database: TestDatabase;
let postgres: Client;
let openai: StubOpenAi;
let server: EmbeddedQdrant;
let qdrant: QdrantClient;

beforeAll(async () => {
  workspace = makeMistakesWorkspace();
  workspace.write({ 'docs/corpus.json': { name: 'docs', input: 'chunks.json', dimensions: DIMENSIONS } });
  database = await createDatabase();
  openai = await startStubOpenAi({ dimensions: DIMENSIONS });
  server = await startEmbeddedQdrant({ directory: join(workspace.folder, 'qdrant') });
  qdrant = new QdrantClient({ url: server.url, checkCompatibility: false });
  postgres = new Client({ connectionString: database.connectionString });
  await postgres.connect();
});
afterAll(async () => {
  await postgres.end();
  await server.close();
  await openai.close();
  await database.drop();
  workspace.remove();
});

const run = async (...args: readonly string[]) =>
  workspace.run(args, {
    OPENAI_API_KEY: 'sk-test',
    OPENAI_BASE_URL: openai.baseUrl,
    QDRANT_HOST: server.url,
    NEON_POSTGRES_CONNECTION_STRING: database.connectionString,
  });

/** No words of a service that a user cannot act upon. */
const NEVER = ['SQLSTATE', '42703', '22P02', 'request-refused', ' 400', 'not a valid point ID'];

describe('a table of another program under the default name', () => {
  beforeAll(async () => {
    await postgres.query('create table rag_metadata (chunk_id text primary key, document_id text, note text)');
    await postgres.query(`insert into rag_metadata values ('theirs', 'd', 'keep')`);
  });
  afterAll(async () => {
    const { rows } = await postgres.query('select * from rag_metadata');
    expect(rows).toEqual([{ chunk_id: 'theirs', document_id: 'd', note: 'keep' }]);
    await postgres.query('drop table rag_metadata');
  });

  it.each([
    [['plan', 'docs'], 2],
    [['run', 'docs'], 2],
    [['search', 'whale', '--dimensions', '8'], 2],
    [['drop', 'docs', '--yes'], 2],
    [['status'], 1],
  ])('%j names the table, and what to name instead', async (typed, exit) => {
    checkSaid(await run(...typed), {
      exit,
      says: [
        'A table rag_metadata exists that was not made by this program.',
        'Name another one in "table" of corpus.json, or with --table.',
      ],
      neverSays: NEVER,
    });
    expect(openai.seen.requests, 'paid for nothing but the question').toBeLessThanOrEqual(1);
  });

  it('another table works beside it', async () => {
    checkSaid(await run('run', 'docs', '--table', 'docs_rows'), { exit: 0, says: ['in step'] });
    checkSaid(await run('drop', 'docs', '--yes', '--table', 'docs_rows'), { exit: 0, says: ['docs'] });
  });
});

describe('points of another program with the name of the corpus', () => {
  const theirs = { payload: { corpus: 'docs', content: 'theirs' }, vector: [1, 0, 0, 0, 0, 0, 0, 0] };

  beforeAll(async () => {
    checkSaid(await run('run', 'docs'), { exit: 0, says: ['in step'] });
    await qdrant.upsert('book_vectors', { wait: true, points: [{ id: 7, ...theirs }] });
  });

  it.each([
    [['plan', 'docs'], 2],
    [['run', 'docs'], 2],
    [['verify', 'docs'], 2],
    [['repair', 'docs'], 2],
    [['status'], 1],
  ])('%j names such a point, and what to name instead', async (typed, exit) => {
    checkSaid(await run(...typed), {
      exit,
      says: [
        'book_vectors has points with the corpus "docs" that were not made by this program, such as 7.',
        'Name another collection in "collection" of corpus.json or with --collection, or give the corpus another name.',
      ],
      neverSays: NEVER,
    });
  });

  it('a search leaves them out and says how many', async () => {
    const found = await run('search', 'whale', '--dimensions', '8');
    checkSaid(found, { exit: 0, says: ['[docs a]', '[docs b]', '1 hit not shown'], neverSays: NEVER });
  });

  it('those with the UUID of another program are told too, and none is deleted', async () => {
    const id = '3f1c0a52-6d5e-4c1b-9a55-0d2f6f7f8a01';
    await qdrant.delete('book_vectors', { wait: true, points: [7] });
    await qdrant.upsert('book_vectors', { wait: true, points: [{ id, ...theirs }] });
    checkSaid(await run('run', 'docs', '--allow-deletes'), { exit: 2, says: [`such as ${id}`], neverSays: NEVER });
    expect(await qdrant.retrieve('book_vectors', { ids: [id] })).toHaveLength(1);
  });
});
