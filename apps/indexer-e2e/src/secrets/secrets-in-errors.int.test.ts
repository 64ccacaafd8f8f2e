import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOpenAiEmbedder } from '@lockstep/embed-openai';
import { createPgliteClient, openPglite } from '@lockstep/embedded';
import {
  isIndexingError,
  pointIdOf,
  type Dependency,
  type Logger,
  type Point,
  type IndexedChunk,
  type SqlClient,
} from '@lockstep/model';
import { createPgClient } from '@lockstep/sql-pg';
import { createNeonLedger, createNeonRowStore } from '@lockstep/store-neon';
import { createNeonClient } from '@lockstep/store-neon/neon-client';
import { createQdrantVectorStore } from '@lockstep/store-qdrant';
import { createPostgresNeon, startFaultServer } from '@lockstep/testing-faults';
import { createInstantGuard, allTextOf, stubVector } from '@lockstep/testing-ports';
import { copyOfOnceMade, createDatabase, type TestDatabase } from '@lockstep/testing-postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  errorSaying,
  headersSaying,
  startEchoService,
  VOICES,
  type EchoService,
  type Heard,
  type Reply,
} from './echo-service.ts';
import { createLeakDetector } from './leak-detector.ts';
import { MARKED } from './marked-secrets.ts';

const DIMENSIONS = 8;
const MARKED_VECTOR = stubVector(MARKED.text, DIMENSIONS);
const leaks = createLeakDetector({ ...MARKED, vector: MARKED_VECTOR });

type Call = () => Promise<unknown>;

const logged: string[] = [];
const note = (event: string, fields: unknown) => void logged.push(JSON.stringify([event, fields]));
const logger: Logger = { debug: note, info: note, warn: note };
const guardOf = (dependency: Dependency) => createInstantGuard(dependency, { logger, attemptsMax: 2 }).guard;

/** All that a call tells: its failure, which must be one of ours, or its result. */
async function toldBy(call: Call): Promise<string> {
  try {
    return JSON.stringify(await call()) ?? '';
  } catch (error) {
    expect(isIndexingError(error), String(error)).toBe(true);
    return allTextOf(error);
  }
}

let echo: EchoService;
beforeAll(async () => {
  echo = await startEchoService();
});
afterAll(() => echo.close());
beforeEach(() => void (logged.length = 0));

/** Makes every call while the service answers so, once in each voice; gives what each told that it must not. */
async function leaksOf(
  calls: Readonly<Record<string, Call>>,
  reply: (said: string) => Reply,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [voice, sayAgain] of Object.entries(VOICES)) {
    echo.answerWith((heard: Heard) => reply(sayAgain(heard)));
    for (const [name, call] of Object.entries(calls)) {
      const before = echo.heard.length;
      for (const leak of leaks(await toldBy(call))) found.push(`${name} tells ${leak} (${voice})`);
      expect(echo.heard.length, `${name} asks nobody`).toBeGreaterThan(before);
    }
  }
  return [...found, ...leaks(logged.join('\n')).map((leak) => `the log tells ${leak}`)];
}

/** The requests that reach another host when every call is redirected to it. */
async function followedTo(calls: Readonly<Record<string, Call>>, status: number): Promise<readonly Heard[]> {
  const elsewhere = await startEchoService();
  echo.answerWith(({ path }) => ({ status, headers: { location: `${elsewhere.url}${path}` }, body: '' }));
  for (const call of Object.values(calls)) expect(leaks(await toldBy(call))).toEqual([]);
  await elsewhere.close();
  return elsewhere.heard;
}

/** Answers that say what they heard in a way that any HTTP service may. */
const REPLIES: readonly [title: string, reply: (said: string) => Reply][] = [
  ...[400, 401, 403, 404, 409, 413, 422, 429, 500, 503, 507].map((status): [string, (said: string) => Reply] => [
    `status ${status}`,
    (said) => ({ status, headers: headersSaying(said), body: errorSaying(said) }),
  ]),
  ['a page with status 200', (said) => ({ status: 200, headers: { 'content-type': 'text/html' }, body: `<p>${said}` })],
  ['a page with status 500', (said) => ({ status: 500, headers: { 'content-type': 'text/html' }, body: `<p>${said}` })],
  ['a body that is cut', (said) => ({ status: 200, body: errorSaying(said), cut: true })],
  ['an error that is cut', (said) => ({ status: 400, body: errorSaying(said), cut: true })],
  ['what is no JSON', (said) => ({ status: 200, body: `{"result": ${said}` })],
  ['an error that is no JSON', (said) => ({ status: 400, body: `{"error": ${said}` })],
  ['JSON of another kind', (said) => ({ status: 200, body: errorSaying(said) })],
  ['a redirect that says it', (said) => ({ status: 302, headers: headersSaying(said), body: errorSaying(said) })],
];

describe('the embedding service', () => {
  const calls = (): Record<string, Call> => {
    const embedder = createOpenAiEmbedder({
      apiKey: MARKED.openAiKey,
      baseUrl: `${echo.url}/v1`,
      model: 'some-model',
      dimensions: DIMENSIONS,
      guard: guardOf('openai'),
      timeoutMs: 10_000,
    });
    return { embed: () => embedder.embed([MARKED.text, 'another']), describe: () => embedder.describe() };
  };

  it.each(REPLIES)('may answer with %s, and nobody hears of it', async (_title, reply) => {
    expect(await leaksOf(calls(), reply)).toEqual([]);
  });

  it.each<[title: string, data: readonly unknown[]]>([
    ['one too few', [{ index: 0, embedding: [...MARKED_VECTOR] }]],
    ['one too long', [0, 1].map((index) => ({ index, embedding: [...MARKED_VECTOR, 1] }))],
    ['one that is not finite', [0, 1].map((index) => ({ index, embedding: [...MARKED_VECTOR.slice(1), 1e300] }))],
    ['one that is no vector', [0, 1].map((index) => ({ index, embedding: { ...MARKED_VECTOR } }))],
    [
      'one in broken base64',
      [0, 1].map((index) => ({ index, embedding: `${Buffer.from(MARKED_VECTOR.buffer).toString('base64')}!` })),
    ],
  ])('may answer with vectors, %s, and nobody hears of them', async (_title, data) => {
    const { embed } = calls();
    expect(await leaksOf({ embed: embed as Call }, () => ({ status: 200, body: JSON.stringify({ data }) }))).toEqual(
      [],
    );
  });

  it.each([302, 307])('sends nobody anything by a redirect with status %i', async (status) => {
    expect(await followedTo(calls(), status)).toEqual([]);
  });
});

describe('Qdrant', () => {
  const point: Point = {
    pointId: pointIdOf('books', 'a'),
    vector: MARKED_VECTOR,
    payload: {
      ...{ corpus: 'books', chunk_id: 'a', document_id: null, model: 'm', content_hash: 'h', embedding_key: 'k' },
      projection: 'p',
      chapter_title: MARKED.text,
    },
  };
  const calls = (): Record<string, Call> => {
    const store = createQdrantVectorStore({
      url: new URL(`${echo.url}/behind/a/path`),
      apiKey: MARKED.qdrantKey,
      collection: 'books',
      guard: guardOf('qdrant'),
      timeoutMs: 10_000,
    });
    return {
      describe: () => store.describe(),
      upsert: () => store.upsert([point]),
      overwritePayloads: () => store.overwritePayloads([point]),
      delete: () => store.delete([point.pointId]),
      search: () => store.search({ vector: MARKED_VECTOR, limit: 1 }),
    };
  };

  it.each(REPLIES)('may answer with %s, and nobody hears of it', async (_title, reply) => {
    expect(await leaksOf(calls(), reply)).toEqual([]);
  });

  it.each([302, 307])('sends nobody anything by a redirect with status %i', async (status) => {
    expect(await followedTo(calls(), status)).toEqual([]);
  });

  it('may say it where its name, its version or the state of a write stands', async () => {
    const { describe: ask, upsert, delete: remove } = calls() as { describe: Call; upsert: Call; delete: Call };
    const reply = (said: string): Reply => ({
      status: 200,
      body: JSON.stringify({ title: said, version: said, result: { status: said }, status: 'ok', time: 0 }),
    });
    expect(await leaksOf({ describe: ask, upsert, delete: remove }, reply)).toEqual([]);
  });
});

const row = (change: Partial<IndexedChunk> = {}): IndexedChunk => ({
  ...{ chunkId: 'a', documentId: null, chapterTitle: null, pageNumber: 1, createdAt: null, metadata: {} },
  ...{ text: MARKED.text, pointId: pointIdOf('books', 'a'), contentHash: 'h', embeddingKey: 'k' },
  ...change,
});

describe('Neon', () => {
  const calls = (): Record<string, Call> => {
    const sql = createNeonClient({
      connectionString: `postgresql://owner:${encodeURIComponent(MARKED.password)}@ep-one.echo.test/db`,
      fetchEndpoint: `${echo.url}/sql`,
      guard: guardOf('neon'),
    });
    const store = createNeonRowStore({ sql, table: 'rag_metadata', shownDatabase: 'ep-one.echo.test/db' });
    const ledger = createNeonLedger(sql);
    const run = { runId: 'r', kind: 'load', digest: 'd', model: null, qdrantTarget: null, neonTarget: null } as const;
    return {
      describe: () => store.describe(),
      upsert: () => store.upsert({ corpus: 'books', fence: 1, items: [row()] }),
      takeFence: () => ledger.takeFence('books', { ...run, startedAt: '2026-01-02T03:04:05.006Z', atLeast: 1 }),
    };
  };

  it.each(REPLIES)('may answer with %s, and nobody hears of it', async (_title, reply) => {
    expect(await leaksOf(calls(), reply)).toEqual([]);
  });

  it.each(['22P02', '23505', '28P01', '3D000', '40001', '42501', '42601', '53100', 'LS001'])(
    'may say it with SQLSTATE %s, and nobody hears of it',
    async (sqlState) => {
      expect(await leaksOf(calls(), (said) => ({ status: 400, body: errorSaying(said, sqlState) }))).toEqual([]);
    },
  );

  it.each([302, 307])('sends nobody anything by a redirect with status %i', async (status) => {
    expect(await followedTo(calls(), status)).toEqual([]);
  });

  it('may say it where its version stands', async () => {
    const { describe: ask } = calls() as { describe: Call };
    const fields = [{ name: 'server_version', dataTypeID: 25, format: 'text' }];
    const reply = (said: string): Reply => ({
      status: 200,
      body: JSON.stringify({ rowAsArray: true, fields, rows: [[said]], command: 'SHOW', rowCount: 1 }),
    });
    expect(await leaksOf({ describe: ask }, reply)).toEqual([]);
  });
});

/** The rows in a database, by one of the clients. */
interface Postgres {
  readonly sql: SqlClient;
  close(): Promise<unknown>;
}

const POSTGRES: Readonly<Record<string, (database: TestDatabase) => Promise<Postgres>>> = {
  async 'Postgres by its own protocol'({ connectionString }) {
    const sql = createPgClient({ connectionString, guard: guardOf('neon') });
    return { sql, close: () => sql.close() };
  },
  async 'Postgres behind Neon'(database) {
    const neon = createPostgresNeon(database);
    const http = await startFaultServer({ handler: neon.handler });
    const { connectionString } = database;
    const sql = createNeonClient({ connectionString, fetchEndpoint: `${http.url}/sql`, guard: guardOf('neon') });
    return { sql, close: async () => [await http.close(), await neon.close()] };
  },
  async 'the embedded Postgres'() {
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-secrets-'));
    const directory = join(folder, 'postgres');
    const make = async (made: string) => (await openPglite({ directory: made, waitMs: 0 })).close();
    await copyOfOnceMade({ name: 'empty-pglite', into: directory, make });
    const database = await openPglite({ directory, waitMs: 0 });
    const sql = createPgliteClient({ database, guard: guardOf('neon') });
    return { sql, close: async () => [await database.close(), rmSync(folder, { recursive: true })] };
  },
};

describe.each(Object.entries(POSTGRES))('%s', (_name, open) => {
  let database: TestDatabase;
  let opened: Postgres;
  const store = () => createNeonRowStore({ sql: opened.sql, table: 'rag_metadata', shownDatabase: 'shown' });
  beforeAll(async () => {
    database = await createDatabase();
    opened = await open(database);
    await store().ensure();
  });
  afterAll(async () => {
    await opened.close();
    await database.drop();
  });

  const write = async (...items: readonly IndexedChunk[]) => {
    await store().raiseFence('books', 1);
    await store().upsert({ corpus: 'books', fence: 1, items });
  };

  it.each<[what: string, sqlState: string, rows: () => readonly IndexedChunk[]]>([
    ['a key that is there twice', '23505', () => [row({ chunkId: MARKED.text }), row({ chunkId: `${MARKED.text}.` })]],
    ['one row that changes twice', '21000', () => [row(), row()]],
    ['what is missing', '23502', () => [row({ chunkId: null as unknown as string, chapterTitle: MARKED.text })]],
    ['a time that is none', '22007', () => [row({ createdAt: MARKED.text })]],
    ['a number that is none', '22P02', () => [row({ pageNumber: MARKED.text as unknown as number })]],
    ['a NUL', '22021', () => [row({ text: `${MARKED.text}\0` })]],
    ['a key that is too long', '54000', () => [row({ chunkId: longText() })]],
  ])('quotes a row with %s, and nobody hears of it', async (_what, sqlState, rows) => {
    const told = await toldBy(() => write(...rows()));
    expect(told).toContain(sqlState);
    expect(leaks(told)).toEqual([]);
  });

  /** Too long for an index, and not to be compressed. */
  function longText(): string {
    return (
      MARKED.text +
      Array.from({ length: 4_000 }, (_, at) => String.fromCodePoint(0x4e00 + ((at * 7919) % 20_000))).join('')
    );
  }
});

describe('a Postgres server', () => {
  const toldAt = async (connectionString: string): Promise<string> => {
    const sql = createPgClient({ connectionString, guard: guardOf('neon') });
    const told = await toldBy(() => sql.query(['select 1']));
    await sql.close();
    return told;
  };

  it('refuses a password, and nobody hears of it', async () => {
    const database = await createDatabase();
    const url = new URL(database.connectionString);
    url.password = encodeURIComponent(MARKED.password);
    const told = await toldAt(url.href);
    await database.drop();
    expect(told).toContain('28P01');
    expect(leaks(told)).toEqual([]);
  });

  it.each<[what: string, answer: (socket: Socket, heard: Buffer) => void]>([
    ['cuts the connection', (socket) => socket.destroy()],
    ['says what is no Postgres', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['says what it heard', (socket, heard) => socket.end(heard)],
    ['asks for the password, and tells it', askAndTell],
  ])('that %s tells nobody of the password', async (_what, answer) => {
    const server = createServer((socket) =>
      socket.on('error', () => {}).on('data', (heard: Buffer) => answer(socket, heard)),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const told = await toldAt(`postgresql://owner:${encodeURIComponent(MARKED.password)}@127.0.0.1:${port}/db`);
    server.close();
    expect(told).toContain('service-unavailable');
    expect(leaks(told)).toEqual([]);
  });

  it('that nobody finds is named by its code alone', async () => {
    const told = await toldAt(`postgresql://owner:${encodeURIComponent(MARKED.password)}@127.0.0.1:1/db`);
    expect(told).toContain('ECONNREFUSED');
    expect(leaks(told)).toEqual([]);
  });

  /** First asks for a clear password; then gives what it got as a fatal error. */
  function askAndTell(socket: Socket, heard: Buffer): void {
    if (heard[0] !== 'p'.charCodeAt(0)) {
      socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]));
      return;
    }
    const fields = Buffer.concat([Buffer.from('SFATAL\0C08006\0M'), heard.subarray(5), Buffer.from('\0')]);
    const head = Buffer.alloc(5);
    head.write('E');
    head.writeInt32BE(fields.length + 4, 1);
    socket.end(Buffer.concat([head, fields]));
  }
});
