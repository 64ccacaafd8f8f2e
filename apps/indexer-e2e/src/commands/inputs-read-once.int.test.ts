import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cleanEnvironment } from '../support/clean-environment.ts';
import { filesBelow } from '../support/files-below.ts';
import { runIndexer, type IndexerRun } from '../support/run-indexer.ts';

const BINARY = resolve(import.meta.dirname, '../../../indexer/bin/indexer.js');
const FIXTURES = resolve(import.meta.dirname, '../../../../fixtures/inputs/valid');
const CHUNKS = '{"id":"a","text":"Alpha"}\n{"id":"b","text":"Beta"}\n';
const SHA256 = createHash('sha256').update(CHUNKS).digest('hex');
/** Parts of an address that must be nowhere. */
const QUERY = 'sig=verysecret-signature';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lockstep-once-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Temporary files of a corpus that are left. */
const temporaries = (corpus: string): string[] => readdirSync(join(root, '.lockstep', corpus, 'tmp'));

describe('stdin', () => {
  /** Runs `indexer` with these bytes on stdin. */
  function pipe(bytes: string | Buffer, ...args: string[]) {
    const child = spawn(process.execPath, [BINARY, ...args], { cwd: root, env: cleanEnvironment() });
    child.stdin.end(bytes);
    return ended(child);
  }

  async function ended(child: ReturnType<typeof spawn>): Promise<IndexerRun> {
    let [stdout, stderr] = ['', ''];
    child.stdout?.on('data', (data: Buffer) => (stdout += data.toString()));
    child.stderr?.on('data', (data: Buffer) => (stderr += data.toString()));
    const [exit] = (await once(child, 'close')) as [number | null];
    return { exit, stdout, stderr };
  }

  it.each(['-', '/dev/stdin'])('%s is read by validate, plan and run, and no copy of it is left', async (source) => {
    for (const args of [['validate'], ['plan', '--only', 'qdrant'], ['run', '--only', 'embed']]) {
      const { exit, stdout, stderr } = await pipe(CHUNKS, ...args, source, '--corpus', 'piped', '--json');
      expect(exit, stderr).toBe(0);
      expect(stdout).toContain('"accepted":2');
      expect(temporaries('piped')).toEqual([]);
    }
  });

  it('chunks from stdin and from a file with the same bytes are the same, and are reused', async () => {
    writeFileSync(join(root, 'piped.jsonl'), CHUNKS);
    const file = await runIndexer(root, ['validate', 'piped.jsonl', '--json']);
    const piped = await pipe(CHUNKS, 'plan', '-', '--corpus', 'piped', '--only', 'qdrant', '--verbose');
    expect(piped.exit, piped.stderr).toBe(0);
    expect(piped.stderr).not.toContain('corpus-validated');
    const again = await pipe(CHUNKS, 'validate', '-', '--corpus', 'piped', '--json');
    expect(JSON.parse(again.stdout).basis).toBe(JSON.parse(file.stdout).basis);
  });

  it('Parquet and gzip are read from stdin, and files beside it', async () => {
    const parquet = readFileSync(join(FIXTURES, 'parquet-under-json-name.json'));
    expect((await pipe(parquet, 'validate', '-', '--corpus', 'p', '--json')).stdout).toContain('"accepted":2');
    writeFileSync(join(root, 'c.json'), '[{"id":"c","text":"Gamma"}, {"id":"d"}]');
    const { stdout } = await pipe(gzipSync(CHUNKS), 'validate', '-', 'c.json', '--corpus', 'p', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ accepted: 3, rejects: [{ example: { file: 'c.json', index: 1 } }] });
  });

  it('stdin without data, without a name for the corpus, and in a corpus.json are refused', async () => {
    expect(await pipe('', 'validate', '-', '--corpus', 'e')).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('input-empty'),
    });
    expect(await pipe(CHUNKS, 'validate', '-')).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('Give one with --corpus.'),
    });
    mkdirSync(join(root, 'own'));
    writeFileSync(join(root, 'own/corpus.json'), '{"name":"own","input":"-"}');
    expect(await pipe(CHUNKS, 'validate', 'own')).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('input: expected a path: stdin is for the command line alone'),
    });
  });

  it.skipIf(process.platform === 'win32')(
    'a program that is stopped while it reads stdin ends, and leaves no copy of it',
    async () => {
      const child = spawn(process.execPath, [BINARY, 'validate', '-', '--corpus', 'piped'], {
        cwd: root,
        env: cleanEnvironment(),
      });
      const done = ended(child);
      const copy = () => {
        const folder = join(root, '.lockstep/piped/tmp');
        return existsSync(folder) ? filesBelow(folder).filter(({ isFolder }) => !isFolder) : [];
      };
      child.stdin.write(CHUNKS);
      await expect.poll(() => copy().some(({ content }) => content() === CHUNKS), { timeout: 20_000 }).toBe(true);
      expect(copy().filter(({ isOpen }) => isOpen)).toEqual([]);
      child.kill('SIGINT');
      expect(await done).toMatchObject({ exit: 1, stderr: expect.stringContaining('error aborted') });
      expect(temporaries('piped')).toEqual([]);
    },
  );
});

describe('an address', () => {
  let server: Server;
  let base: string;
  let asked: string[];
  const answers: Readonly<Record<string, (response: ServerResponse, request: IncomingMessage) => void>> = {
    '/data/chunks.jsonl': (response) => response.end(CHUNKS),
    '/table.parquet': (response) => response.end(readFileSync(join(FIXTURES, 'parquet-under-json-name.json'))),
    '/moved': (response) => response.writeHead(302, { location: `/data/chunks.jsonl?${QUERY}` }).end(),
    '/page': (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Sign in</p>'),
    '/huge.json': (response) => response.writeHead(200, { 'content-length': String(2 ** 40) }).write('['),
    '/bad.jsonl': (response) => response.end(`${CHUNKS}{"id":"c"}\n`),
  };

  beforeEach(async () => {
    asked = [];
    server = createServer((request, response) => {
      const url = request.url ?? '';
      asked.push(url);
      const [path = ''] = url.split('?');
      (answers[path] ?? ((missing) => missing.writeHead(404).end(`no ${url}`)))(response, request);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const run = (...args: string[]): Promise<IndexerRun> => runIndexer(root, args);

  /** Nothing that was printed or written has a part of the query. */
  function expectNoSecret({ stdout, stderr }: IndexerRun): void {
    expect(stdout + stderr).not.toContain('verysecret');
    const files = existsSync(join(root, '.lockstep')) ? filesBelow(join(root, '.lockstep')) : [];
    expect(files.filter(({ content }) => content().includes('verysecret')).map(({ path }) => path)).toEqual([]);
  }

  it('is read once by a run, the corpus is named after it, and its query is nowhere', async () => {
    const done = await run('run', `${base}/data/chunks.jsonl?${QUERY}`, '--only', 'embed', '--json');
    expect(done.exit, done.stderr).toBe(0);
    expect(JSON.parse(done.stdout)).toMatchObject({ validate: { corpus: 'chunks', accepted: 2 } });
    expect(asked).toEqual([`/data/chunks.jsonl?${QUERY}`]);
    expect(done.stderr).toContain(`input-downloaded address=${base}/data/chunks.jsonl bytes=${CHUNKS.length}`);
    expect(done.stderr).toContain(SHA256);
    expect(temporaries('chunks')).toEqual([]);
    expectNoSecret(done);
  });

  it('is read after redirects, as Parquet, and beside files, whose rejects name the address', async () => {
    const moved = await run('validate', `${base}/moved?${QUERY}`, '--json');
    expect(JSON.parse(moved.stdout)).toMatchObject({ corpus: 'moved', accepted: 2 });
    expect(asked).toEqual([`/moved?${QUERY}`, `/data/chunks.jsonl?${QUERY}`]);
    expectNoSecret(moved);
    expect(JSON.parse((await run('validate', `${base}/table.parquet`, '--json')).stdout)).toMatchObject({
      accepted: 2,
    });
    writeFileSync(join(root, 'd.json'), '[{"id":"d","text":"Delta"}]');
    const both = await run('validate', 'd.json', `${base}/bad.jsonl?${QUERY}`, '--corpus', 'both', '--json');
    expect(JSON.parse(both.stdout)).toMatchObject({
      accepted: 3,
      rejects: [{ example: { file: `${base}/bad.jsonl`, index: 2 } }],
    });
    expectNoSecret(both);
  });

  it.each<[path: string, code: string, says: RegExp, requests: number]>([
    ['/none.json', 'input-address', /\/none\.json answered 404\./, 1],
    ['/page', 'input-form', /\/page is a web page \(text\/html\)/, 1],
    ['/huge.json', 'input-too-large', /\/huge\.json has more than 10737418240 bytes/, 1],
  ])('%s is refused with %s, and nothing of it is left', async (path, code, says, requests) => {
    const failed = await run('validate', `${base}${path}?${QUERY}`, '--corpus', 'x', '--json');
    expect(failed).toMatchObject({ exit: 1, stderr: expect.stringMatching(says) });
    expect(JSON.parse(failed.stdout)).toMatchObject({ error: { code, stage: 'validate' } });
    expect(asked).toHaveLength(requests);
    expect(temporaries('x')).toEqual([]);
    expectNoSecret(failed);
  });

  it('with a user, or that is none, is refused without being shown', async () => {
    for (const address of [`http://user:verysecret@127.0.0.1:1/x`, `http://[verysecret/x`]) {
      const failed = await run('validate', address);
      expect(failed.exit).toBe(2);
      expect(asked).toEqual([]);
      expectNoSecret(failed);
    }
  });

  it('is inspected without its query being shown, and init writes it into a corpus.json if it has no query', async () => {
    const inspected = await run('inspect', `${base}/data/chunks.jsonl?${QUERY}`, '--json');
    expect(inspected.exit, inspected.stderr).toBe(0);
    expect(JSON.parse(inspected.stdout)).toMatchObject({ records: 2, corpusJson: null });
    expectNoSecret(inspected);
    const refused = await run('init', `${base}/data/chunks.jsonl?${QUERY}`, '--folder', 'own');
    expect(refused).toMatchObject({ exit: 2, stderr: expect.stringContaining('The query of the address') });
    expectNoSecret(refused);
    const made = await run('init', `${base}/data/chunks.jsonl`, '--folder', 'own');
    expect(made.exit, made.stderr).toBe(0);
    expect(JSON.parse(readFileSync(join(root, 'own/corpus.json'), 'utf8'))).toMatchObject({
      input: { url: `${base}/data/chunks.jsonl` },
    });
    expect((await run('validate', 'own')).exit).toBe(0);
  });

  it('in a corpus.json is read if it has the SHA-256 there, and refused before any store if not', async () => {
    mkdirSync(join(root, 'own'));
    const corpus = (sha256?: string) =>
      writeFileSync(
        join(root, 'own/corpus.json'),
        JSON.stringify({ name: 'own', input: { url: `${base}/data/chunks.jsonl?${QUERY}`, sha256 } }),
      );
    corpus();
    expect((await run('validate', 'own')).exit).toBe(0);
    corpus(SHA256);
    expect((await run('validate', 'own')).exit).toBe(0);
    corpus('f'.repeat(64));
    const failed = await run('run', 'own', '--json');
    expect(failed.exit).toBe(1);
    expect(JSON.parse(failed.stdout)).toMatchObject({ error: { code: 'input-digest', details: { found: SHA256 } } });
    expect(existsSync(join(root, '.lockstep/qdrant')) || existsSync(join(root, '.lockstep/postgres'))).toBe(false);
    expectNoSecret(failed);
    const { exit, stdout } = await run('runtime', 'own/corpus.json');
    expect([exit, JSON.parse(stdout).input]).toEqual([0, 'f'.repeat(64)]);
    expect(asked).toHaveLength(3);
  });
});
