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

/** All text of the result of a call, or of its failure, which must be an `IndexingError`. */
async function textOf(call: Call): Promise<string> {
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

/** Makes every call for each part of a request that the service may repeat; returns the leaked secrets. */
async function leaksOf(
  calls: Readonly<Record<string, Call>>,
  reply: (repeated: string) => Reply,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [part, repeat] of Object.entries(VOICES)) {
    echo.answerWith((heard: Heard) => reply(repeat(heard)));
    for (const [name, call] of Object.entries(calls)) {
      const before = echo.heard.length;
      for (const leak of leaks(await textOf(call))) found.push(`${name} reveals ${leak} (${part})`);
      expect(echo.heard.length, `${name} sends a request`).toBeGreaterThan(before);
    }
  }
  return [...found, ...leaks(logged.join('\n')).map((leak) => `the log reveals ${leak}`)];
}

/** Requests that reach another host when every call is redirected there. */
async function followedTo(calls: Readonly<Record<string, Call>>, status: number): Promise<readonly Heard[]> {
  const elsewhere = await startEchoService();
  echo.answerWith(({ path }) => ({ status, headers: { location: `${elsewhere.url}${path}` }, body: '' }));
  for (const call of Object.values(calls)) expect(leaks(await textOf(call))).toEqual([]);
  await elsewhere.close();
  return elsewhere.heard;
}

/** Answers of any HTTP service that repeat a part of the request. */
const REPLIES: readonly [title: string, reply: (repeated: string) => Reply][] = [
  ...[400, 401, 403, 404, 409, 413, 422, 429, 500, 503, 507].map((status): [string, (repeated: string) => Reply] => [
    `an answer with status ${status}`,
    (repeated) => ({ status, headers: headersSaying(repeated), body: errorSaying(repeated) }),
  ]),
  [
    'an HTML page and status 200',
    (repeated) => ({ status: 200, headers: { 'content-type': 'text/html' }, body: `<p>${repeated}` }),
  ],
  [
    'an HTML page and status 500',
    (repeated) => ({ status: 500, headers: { 'content-type': 'text/html' }, body: `<p>${repeated}` }),
  ],
  ['a cut body', (repeated) => ({ status: 200, body: errorSaying(repeated), cut: true })],
  ['a cut error', (repeated) => ({ status: 400, body: errorSaying(repeated), cut: true })],
  ['a body that is no JSON', (repeated) => ({ status: 200, body: `{"result": ${repeated}` })],
  ['an error that is no JSON', (repeated) => ({ status: 400, body: `{"error": ${repeated}` })],
  ['other JSON than expected', (repeated) => ({ status: 200, body: errorSaying(repeated) })],
  ['a redirect', (repeated) => ({ status: 302, headers: headersSaying(repeated), body: errorSaying(repeated) })],
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

  it.each(REPLIES)('a secret that the embedding service repeats in %s is not revealed', async (_title, reply) => {
    expect(await leaksOf(calls(), reply)).toEqual([]);
  });

  it.each<[title: string, data: readonly unknown[]]>([
    ['too few vectors', [{ index: 0, embedding: [...MARKED_VECTOR] }]],
    ['vectors that are too long', [0, 1].map((index) => ({ index, embedding: [...MARKED_VECTOR, 1] }))],
    ['numbers that are not finite', [0, 1].map((index) => ({ index, embedding: [...MARKED_VECTOR.slice(1), 1e300] }))],
    ['an object instead of a vector', [0, 1].map((index) => ({ index, embedding: { ...MARKED_VECTOR } }))],
    [
      'broken base64',
      [0, 1].map((index) => ({ index, embedding: `${Buffer.from(MARKED_VECTOR.buffer).toString('base64')}!` })),
    ],
  ])('vectors in an answer with %s are not revealed', async (_title, data) => {
    const { embed } = calls();
    expect(await leaksOf({ embed: embed as Call }, () => ({ status: 200, body: JSON.stringify({ data }) }))).toEqual(
      [],
    );
  });

  it.each([302, 307])(
    'a request to the embedding service does not follow a redirect with status %i',
    async (status) => {
      expect(await followedTo(calls(), status)).toEqual([]);
    },
  );
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

  it.each(REPLIES)('a secret that Qdrant repeats in %s is not revealed', async (_title, reply) => {
    expect(await leaksOf(calls(), reply)).toEqual([]);
  });

  it.each([302, 307])('a request to Qdrant does not follow a redirect with status %i', async (status) => {
    expect(await followedTo(calls(), status)).toEqual([]);
  });

  it('a secret in the name, the version or the write status of Qdrant is not revealed', async () => {
    const { describe: ask, upsert, delete: remove } = calls() as { describe: Call; upsert: Call; delete: Call };
    const reply = (repeated: string): Reply => ({
      status: 200,
      body: JSON.stringify({ title: repeated, version: repeated, result: { status: repeated }, status: 'ok', time: 0 }),
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

  it.each(REPLIES)('a secret that Neon repeats in %s is not revealed', async (_title, reply) => {
    expect(await leaksOf(calls(), reply)).toEqual([]);
  });

  it.each(['22P02', '23505', '28P01', '3D000', '40001', '42501', '42601', '53100', 'LS001'])(
    'a secret in an error with SQLSTATE %s is not revealed',
    async (sqlState) => {
      expect(await leaksOf(calls(), (repeated) => ({ status: 400, body: errorSaying(repeated, sqlState) }))).toEqual(
        [],
      );
    },
  );

  it.each([302, 307])('a request to Neon does not follow a redirect with status %i', async (status) => {
    expect(await followedTo(calls(), status)).toEqual([]);
  });

  it('a secret in the version of Neon is not revealed', async () => {
    const { describe: ask } = calls() as { describe: Call };
    const fields = [{ name: 'server_version', dataTypeID: 25, format: 'text' }];
    const reply = (repeated: string): Reply => ({
      status: 200,
      body: JSON.stringify({ rowAsArray: true, fields, rows: [[repeated]], command: 'SHOW', rowCount: 1 }),
    });
    expect(await leaksOf({ describe: ask }, reply)).toEqual([]);
  });
});

/** A Postgres database behind one of the clients. */
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

describe.each(Object.entries(POSTGRES))('%s', (client, open) => {
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
    ['a duplicate key', '23505', () => [row({ chunkId: MARKED.text }), row({ chunkId: `${MARKED.text}.` })]],
    ['two changes in one statement', '21000', () => [row(), row()]],
    ['a missing field', '23502', () => [row({ chunkId: null as unknown as string, chapterTitle: MARKED.text })]],
    ['an invalid time', '22007', () => [row({ createdAt: MARKED.text })]],
    ['an invalid number', '22P02', () => [row({ pageNumber: MARKED.text as unknown as number })]],
    ['a NUL', '22021', () => [row({ text: `${MARKED.text}\0` })]],
    ['a key that is too long', '54000', () => [row({ chunkId: longText() })]],
  ])(`${client} does not reveal a row with %s that an error quotes`, async (_what, sqlState, rows) => {
    const text = await textOf(() => write(...rows()));
    expect(text).toContain(sqlState);
    expect(leaks(text)).toEqual([]);
  });

  /** Too long for an index, and not compressible. */
  function longText(): string {
    return (
      MARKED.text +
      Array.from({ length: 4_000 }, (_, at) => String.fromCodePoint(0x4e00 + ((at * 7919) % 20_000))).join('')
    );
  }
});

describe('a Postgres server', () => {
  const textAt = async (connectionString: string): Promise<string> => {
    const sql = createPgClient({ connectionString, guard: guardOf('neon') });
    const text = await textOf(() => sql.query(['select 1']));
    await sql.close();
    return text;
  };

  it('a password that Postgres refuses is not revealed', async () => {
    const database = await createDatabase();
    const url = new URL(database.connectionString);
    url.password = encodeURIComponent(MARKED.password);
    const text = await textAt(url.href);
    await database.drop();
    expect(text).toContain('28P01');
    expect(leaks(text)).toEqual([]);
  });

  it.each<[what: string, answer: (socket: Socket, heard: Buffer) => void]>([
    ['closes the connection', (socket) => socket.destroy()],
    ['answers with another protocol', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['repeats what it received', (socket, heard) => socket.end(heard)],
    ['asks for the password and repeats it', askAndRepeat],
  ])('the password is not revealed when a Postgres server %s', async (_what, answer) => {
    const server = createServer((socket) =>
      socket.on('error', () => {}).on('data', (heard: Buffer) => answer(socket, heard)),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const text = await textAt(`postgresql://owner:${encodeURIComponent(MARKED.password)}@127.0.0.1:${port}/db`);
    server.close();
    expect(text).toContain('service-unavailable');
    expect(leaks(text)).toEqual([]);
  });

  it('an error about an unreachable Postgres server names only the code', async () => {
    const text = await textAt(`postgresql://owner:${encodeURIComponent(MARKED.password)}@127.0.0.1:1/db`);
    expect(text).toContain('ECONNREFUSED');
    expect(leaks(text)).toEqual([]);
  });

  /** First asks for a clear-text password; then sends what it received as a fatal error. */
  function askAndRepeat(socket: Socket, heard: Buffer): void {
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
