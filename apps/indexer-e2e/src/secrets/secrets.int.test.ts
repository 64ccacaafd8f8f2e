import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedQdrant, type EmbeddedQdrant } from '@lockstep/embedded';
import {
  forwardTo,
  startFaultServer,
  startStubOpenAi,
  type FaultServer,
  type StubOpenAi,
} from '@lockstep/testing-faults';
import { allTextOf, stubVector } from '@lockstep/testing-ports';
import { createDatabase, type TestDatabase } from '@lockstep/testing-postgres';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEnvironment } from '@lockstep/indexer/settings/environment';
import { postgresAddress, qdrantAddress } from '@lockstep/indexer/settings/service-address';
import { errorSaying, headersSaying, startEchoService, VOICES, type EchoService } from './echo-service.ts';
import { filesBelow } from '../support/files-below.ts';
import { createLeakDetector } from './leak-detector.ts';
import { MARKED } from './marked-secrets.ts';
import { runIndexer, type IndexerRun } from '../support/run-indexer.ts';

const DIMENSIONS = 8;

/** Secrets in an address. The path of a Qdrant address is shown, since it may distinguish services of one host. */
const PATH = `/${encodeURIComponent(MARKED.path)}`;
const QUERY = `token=${encodeURIComponent(MARKED.query)}`;

/** The address of a request, which Node prints if NODE_DEBUG is set so. */
const ASKED_FOR = /(?<=^FETCH \d+: .* [A-Z]+ )http\S+/gm;

/** Files that hold texts and vectors. */
const TEXT_FILES = /^(books|other)\/(validate\/chunks|embed\/slice)\.jsonl$|^cache\/[^/]+\.jsonl$/;

/** The command line with marked secrets, against services that first work and then repeat what they receive. */
describe('secrets', () => {
  let folder: string;
  let database: TestDatabase;
  let openai: StubOpenAi;
  let server: EmbeddedQdrant;
  let qdrant: FaultServer;
  let echo: EchoService;
  let postgres: Client;
  let refuseUpserts = false;
  let leaks: (printed: string) => readonly string[];
  let keyLeaks: (printed: string) => readonly string[];
  let addressLeaks: (printed: string) => readonly string[];

  const state = (...parts: string[]) => join(folder, '.lockstep', ...parts);
  const secrets = () => ({
    OPENAI_API_KEY: MARKED.openAiKey,
    QDRANT_API_KEY: MARKED.qdrantKey,
    // Debug output of clients and of Node.
    ...{ OPENAI_LOG: 'debug', DEBUG: '*', NODE_DEBUG: 'undici,fetch' },
  });
  const working = () => ({
    ...secrets(),
    OPENAI_BASE_URL: openai.baseUrl,
    QDRANT_HOST: `${qdrant.url}?${QUERY}`,
    NEON_POSTGRES_CONNECTION_STRING: `${database.connectionString}?${QUERY}`,
  });
  const echoing = () => ({
    ...secrets(),
    OPENAI_BASE_URL: `${echo.url}${PATH}?${QUERY}`,
    QDRANT_HOST: `${echo.url}?${QUERY}`,
    NEON_POSTGRES_CONNECTION_STRING: `postgresql://owner:${encodeURIComponent(MARKED.password)}@ep-one.echo.test/db?${QUERY}`,
    NEON_FETCH_ENDPOINT: `${echo.url}${PATH}/sql?${QUERY}`,
  });

  /** Runs a command with --verbose, and expects no secret in its output and its files. */
  async function run(environment: Record<string, string>, ...args: string[]): Promise<IndexerRun> {
    const finished = await runIndexer(folder, [...args, '--verbose'], environment);
    const printed = finished.stdout + finished.stderr;
    expect(keyLeaks(printed), printed).toEqual([]);
    expect(leaks(printed.replaceAll(ASKED_FOR, '…')), printed).toEqual([]);
    const inFiles = filesBelow(state()).flatMap(({ path, content }) =>
      (TEXT_FILES.test(path) ? addressLeaks : leaks)(content()).map((leak) => `${path} holds ${leak}`),
    );
    expect(inFiles).toEqual([]);
    return finished;
  }

  /** Wrong records that hold the marked text. The first seven and the last but one can be accepted with a conversion or a derived id. */
  const wrong = [
    { id: 'nul', text: `${MARKED.text}\0` },
    { id: 'surrogate', text: `${MARKED.text}\uD800` },
    { id: 'differs', text: MARKED.text, content: `${MARKED.text}.` },
    { id: 'title', text: MARKED.text, chapter_title: [MARKED.text] },
    { id: 'page', text: MARKED.text, page_number: MARKED.text },
    { id: 'time', text: MARKED.text, created_at: MARKED.text },
    { id: 'metadata', text: MARKED.text, metadata: MARKED.text },
    { id: 'number', text: MARKED.text, weight: 2 ** 90 },
    { id: 'long', text: MARKED.text.repeat(600) },
    { id: 'right', text: `${MARKED.text}, but other` },
    { text: MARKED.text },
    [MARKED.text],
  ];
  const right = { id: 'right', text: MARKED.text, chapter_title: MARKED.text };
  const write = (records: readonly unknown[]) => {
    const lines = records.map((record) => JSON.stringify(record)).join('\n');
    writeFileSync(join(folder, 'books', 'chunks.jsonl'), lines);
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lockstep-secrets-'));
    writeFileSync(join(folder, 'nx.json'), '{}');
    mkdirSync(join(folder, 'books'));
    const config = { name: 'books', input: 'chunks.jsonl', dimensions: DIMENSIONS, payload: ['chapter_title'] };
    writeFileSync(join(folder, 'books', 'corpus.json'), JSON.stringify({ ...config, overlong: 'reject' }));
    mkdirSync(join(folder, 'unstated'));
    const unstated = { ...config, name: 'unstated', input: '../books/chunks.jsonl' };
    writeFileSync(join(folder, 'unstated', 'corpus.json'), JSON.stringify(unstated));
    write([right, ...wrong]);
    database = await createDatabase();
    openai = await startStubOpenAi({ dimensions: DIMENSIONS });
    server = await startEmbeddedQdrant({ directory: join(folder, 'qdrant') });
    const passOn = forwardTo(server.url);
    qdrant = await startFaultServer({
      async handler(request) {
        if (!refuseUpserts || request.method !== 'PUT' || !request.url.includes('/points?')) return passOn(request);
        const headers = Object.fromEntries(request.headers);
        const printed = VOICES.headers({ method: 'PUT', path: '', headers, body: '' }) + (await request.text());
        return new Response(errorSaying(printed), { status: 400, headers: { 'content-type': 'application/json' } });
      },
    });
    echo = await startEchoService();
    postgres = new Client({ connectionString: database.connectionString });
    await postgres.connect();
    const { openAiKey, qdrantKey, password, path, query, text } = MARKED;
    const real = decodeURIComponent(new URL(database.connectionString).password);
    const keys = { openAiKey, qdrantKey, password, real };
    keyLeaks = createLeakDetector(keys);
    addressLeaks = createLeakDetector({ ...keys, path, query });
    leaks = createLeakDetector({ ...keys, path, query, text, vector: stubVector(text, DIMENSIONS) });
  });
  afterAll(async () => {
    await postgres.end();
    await echo.close();
    await qdrant.close();
    await server.close();
    await openai.close();
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('a run that succeeds and its messages about wrong records reveal no secret', async () => {
    const { exit, stdout, stderr } = await run(working(), 'run', 'books', '--json');
    expect(exit, stderr).toBe(0);
    expect(JSON.parse(stdout).validate).toMatchObject({ accepted: 9, rejected: 4 });
    expect(stderr).toContain('record-rejected');
    // The marked text, and that of the record with two.
    expect(openai.seen.inputs).toBe(2);
    const rejects = readFileSync(state('books', 'validate', 'rejects.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(rejects).toHaveLength(4);
    expect(rejects.join()).toContain('"chunk_id":"number","code":"unsafe-number","field":"weight"');
  });

  it('a verify that finds differences reveals no secret', async () => {
    await postgres.query(`update rag_metadata set chapter_title = text_snippet_preview || '.'`);
    expect((await run(working(), 'verify', 'books')).exit).toBe(5);
    expect(readFileSync(state('books', 'verify.json'), 'utf8')).toContain('chapter_title');
  });

  it('a load that Qdrant refuses with an error that quotes the request reveals no secret', async () => {
    write([{ ...right, text: `${MARKED.text}!` }]);
    refuseUpserts = true;
    const { exit, stdout } = await run(working(), 'run', 'books', '--json');
    refuseUpserts = false;
    expect(exit).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      error: { code: 'request-refused', details: { status: 400 } },
    });
  });

  it('a load that Postgres refuses with an error that quotes the row reveals no secret', async () => {
    write([{ ...right, text: `${MARKED.text}?` }]);
    await postgres.query(`alter table rag_metadata add constraint none check (chapter_title = '') not valid`);
    const { exit, stdout } = await run(working(), 'repair', 'books', '--pay', '--json');
    await postgres.query('alter table rag_metadata drop constraint none');
    expect(exit).toBe(1);
    expect(JSON.parse(stdout).error.details).toMatchObject({ sqlState: '23514', constraint: 'none' });
  });

  it('an error about a refused password reveals no secret', async () => {
    const url = new URL(database.connectionString);
    url.password = encodeURIComponent(MARKED.password);
    const environment = { ...working(), NEON_POSTGRES_CONNECTION_STRING: url.href };
    const { exit, stderr } = await run(environment, 'provision', 'books');
    expect(exit).toBe(1);
    expect(stderr).toContain('28P01');
  });

  it('an error of the embedding service that quotes refused texts reveals no secret', async () => {
    writeFileSync(join(folder, 'other.json'), JSON.stringify([right]));
    echo.answerWith((heard) => ({ status: 400, body: errorSaying(VOICES.body(heard)) }));
    const dimensions = ['--dimensions', String(DIMENSIONS)];
    const { exit, stderr } = await run(
      echoing(),
      'run',
      'other.json',
      '--only',
      'embed',
      '--embedder',
      'cloud',
      ...dimensions,
    );
    expect(exit, stderr).toBe(0);
    expect(stderr).toContain('text-refused');
    expect(readFileSync(state('other', 'embed', 'refused.jsonl'), 'utf8')).toContain('"chunk_id":"right"');
  });

  it.each<[args: string[], status: number, exit?: 0, callsNobody?: true]>([
    // Nx stores its output. It calls no service, except the ledger when corpus.json does not say what becomes of long texts.
    [['runtime', 'books'], 200, 0, true],
    [['runtime', 'unstated'], 401, 0],
    [['doctor', '--json'], 401],
    [['status'], 503],
    [['search', 'Which whale?'], 403],
    [['plan', 'books', '--json'], 422],
    [['plan', 'books', '--format', 'markdown'], 422],
    [['drop', 'books', '--yes'], 413],
    [['cache', 'recover', 'books'], 404],
  ])(
    'the command %j reveals no secret when every service answers with %i and what it received',
    async (args, status, exit, callsNobody) => {
      echo.answerWith((heard) => {
        const printed = VOICES.secret(heard);
        return { status, headers: headersSaying(printed), body: errorSaying(printed) };
      });
      const before = echo.heard.length;
      const finished = await run(echoing(), ...args);
      expect(finished.exit, finished.stderr).toBe(exit ?? 1);
      expect(echo.heard.length > before).toBe(callsNobody !== true);
    },
  );

  it('texts and vectors are only in their files, which only the owner may read', () => {
    const files = filesBelow(state());
    const textFiles = files.filter(({ path }) => TEXT_FILES.test(path));
    expect(new Set(textFiles.map(({ path }) => path.split('/')[0]))).toEqual(new Set(['books', 'cache', 'other']));
    expect(leaks(textFiles.map(({ content }) => content()).join('\n'))).toEqual(['text', 'vector']);
    expect(files.filter(({ isOpen }) => isOpen).map(({ path }) => path)).toEqual([]);
  });

  it('the run table records every failure and holds no secret', async () => {
    const { rows } = await postgres.query('select * from lockstep_run order by fence');
    expect(rows.map(({ outcome, error }: { outcome: string; error: string }) => error ?? outcome)).toEqual(
      expect.arrayContaining(['done', 'request-refused']),
    );
    for (const table of ['lockstep_run', 'lockstep_fence', 'lockstep_stamp']) {
      expect(leaks(JSON.stringify((await postgres.query(`select * from ${table}`)).rows))).toEqual([]);
    }
  });

  it('a table name that is a SQL statement is refused and not executed', async () => {
    const table = 'x"; drop table lockstep_run; --';
    const { exit, stderr } = await run(working(), 'verify', 'books', '--table', table);
    expect(exit).toBe(2);
    expect(stderr).toContain('--table');
    expect((await postgres.query('select * from lockstep_run')).rows).not.toEqual([]);
  });
});

describe('wrong variables', () => {
  const leaks = createLeakDetector(MARKED);
  const { openAiKey, qdrantKey, password } = MARKED;
  const encoded = encodeURIComponent(password);

  it.each<[name: string, value: string]>([
    ['OPENAI_API_KEY', `${openAiKey} ${openAiKey}`],
    ['OPENAI_API_KEY', `${openAiKey}\n${openAiKey}`],
    ['OPENAI_API_KEY', `${openAiKey}é`],
    ['OPENAI_BASE_URL', openAiKey],
    ['OPENAI_BASE_URL', `https://user:${encoded}@host/v1`],
    ['OPENAI_BASE_URL', `https://${openAiKey}@host/v1`],
    ['QDRANT_API_KEY', `${qdrantKey}\r\nx: y`],
    ['QDRANT_HOST', `https://user:${encoded}@host`],
    ['QDRANT_HOST', `user:${encoded}@host`],
    ['QDRANT_HOST', `${qdrantKey}@host:6333`],
    ['QDRANT_HOST', `https://${qdrantKey}@host:99999`],
    ['QDRANT_HOST', `ftp://${qdrantKey}@host`],
    ['QDRANT_HOST', `https://host ${qdrantKey}`],
    ['QDRANT_URL', `https://user:${encoded}@host`],
    ['OPENAI_BASE_URL', `ftp://host${PATH}?${QUERY}`],
    ['QDRANT_HOST', `ftp://host${PATH}?${QUERY}`],
    ['QDRANT_HOST', `host:99999${PATH}?${QUERY}`],
    ['NEON_FETCH_ENDPOINT', `ftp://host${PATH}?${QUERY}`],
    ['NEON_POSTGRES_CONNECTION_STRING', `mysql://owner@host/db?${QUERY}`],
    ['NEON_POSTGRES_CONNECTION_STRING', `postgresql://owner@host/db?password=${encoded}`],
    ['NEON_FETCH_ENDPOINT', `https://user:${encoded}@host/sql`],
    ['NEON_POSTGRES_CONNECTION_STRING', `postgresql://owner:${password}@host/db`],
    ['NEON_POSTGRES_CONNECTION_STRING', `postgresql://owner:${encoded}@host`],
    ['NEON_POSTGRES_CONNECTION_STRING', `postgresql://owner:${encoded}@host:99999/db`],
    ['NEON_POSTGRES_CONNECTION_STRING', `postgresql://owner:${encoded}@/db`],
    ['NEON_POSTGRES_CONNECTION_STRING', `postgresql://owner:${encoded}@host/%zz`],
    ['NEON_POSTGRES_CONNECTION_STRING', `postgresql://owner:begin@1/${encoded}@host/db`],
    ['NEON_POSTGRES_CONNECTION_STRING', `mysql://owner:${encoded}@host/db`],
    ['NEON_POSTGRES_CONNECTION_STRING', `owner:${password}@host`],
  ])('a wrong value of %s is refused without showing it', (name, value) => {
    const root = mkdtempSync(join(tmpdir(), 'lockstep-secrets-'));
    let failure: unknown;
    try {
      const environment = readEnvironment(root, { [name]: value });
      if (name.startsWith('QDRANT')) qdrantAddress({ QDRANT_HOST: 'host', ...environment });
      if (name.startsWith('NEON')) postgresAddress(environment);
    } catch (error) {
      failure = error;
    } finally {
      rmSync(root, { recursive: true });
    }
    expect(failure).toMatchObject({
      code: 'environment-invalid',
      message: expect.stringMatching(/^(QDRANT|OPENAI|NEON)_/),
    });
    expect(leaks(allTextOf(failure))).toEqual([]);
  });
});
