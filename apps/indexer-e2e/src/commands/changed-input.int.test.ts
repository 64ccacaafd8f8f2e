import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedQdrant, type EmbeddedQdrant } from '@lockstep/embedded';
import { startStubOpenAi, type StubOpenAi } from '@lockstep/testing-faults';
import { createDatabase, type TestDatabase } from '@lockstep/testing-postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runIndexer, type IndexerRun } from '../support/run-indexer.ts';

const DIMENSIONS = 8;
const CHUNKS = JSON.stringify(['a', 'b', 'c'].map((id) => ({ id, text: `The text of ${id}.` })));

/** What is said of an index after its input is no longer what validate read. */
describe('an input that is another one than validate read', { timeout: 120_000 }, () => {
  let folder: string;
  let openai: StubOpenAi;
  let database: TestDatabase;
  let server: EmbeddedQdrant;
  const run = (...args: string[]): Promise<IndexerRun> =>
    runIndexer(folder, args, {
      OPENAI_API_KEY: 'sk-test',
      OPENAI_BASE_URL: openai.baseUrl,
      QDRANT_HOST: server.url,
      NEON_POSTGRES_CONNECTION_STRING: database.connectionString,
    });
  const write = (name: string, content: string | object): void => {
    mkdirSync(join(folder, 'docs'), { recursive: true });
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lockstep-changed-input-'));
    openai = await startStubOpenAi({ dimensions: DIMENSIONS });
    database = await createDatabase();
    server = await startEmbeddedQdrant({ directory: join(folder, 'qdrant') });
    write('nx.json', '{}');
    write('my quotes.json', CHUNKS);
    write('docs/chunks.json', CHUNKS);
    write('docs/corpus.json', { name: 'docs', input: 'chunks.json', dimensions: DIMENSIONS });
  });
  afterAll(async () => {
    await server.close();
    await database.drop();
    await openai.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const verify = (...args: string[]) => run('verify', 'my quotes.json', '--dimensions', String(DIMENSIONS), ...args);

  it('is told by verify, which then ends with 5, says what the stores hold, and names the command that loads it', async () => {
    const loaded = await run('run', 'my quotes.json', '--dimensions', String(DIMENSIONS));
    expect(loaded.exit, loaded.stderr).toBe(0);
    expect(await verify()).toMatchObject({
      exit: 0,
      stdout: 'my-quotes verify: in step (all fields compared): input 3, cache 3, qdrant 3, neon 3\n',
    });
    for (const content of [CHUNKS.replace('text of c', 'text of d'), 'garbage', '']) {
      write('my quotes.json', content);
      const changed = await verify();
      expect(changed.exit, content).toBe(5);
      expect(changed.stdout).toMatch(/^my-quotes verify: NOT IN STEP \(all fields compared\): input 3, /);
      expect(changed.stdout).toMatch(
        /\n {2}my quotes\.json has changed since validate read it .+Z; the stores hold what was read then\. Load it: `indexer run 'my quotes\.json'`\.\n$/,
      );
    }
    const json = JSON.parse((await verify('--json')).stdout) as object;
    expect(json).toMatchObject({ ok: false, inputNow: 'changed', differencesCount: 0 });
    write('my quotes.json', CHUNKS);
    expect((await verify()).exit).toBe(0);
  });

  it('is an error of verify where the file is gone', async () => {
    rmSync(join(folder, 'my quotes.json'));
    const gone = await verify();
    expect([gone.exit, gone.stdout]).toEqual([2, '']);
    expect(gone.stderr).toContain('error input-missing: "my quotes.json" does not exist');
    expect((await run('drop', 'my-quotes', '--yes')).exit).toBe(0);
  });

  it('is told of a corpus.json by verify, verify --all, summary and status alike, until it is loaded or is as before', async () => {
    expect((await run('run', 'docs')).exit).toBe(0);
    expect((await run('summary')).stdout).toContain('docs  in step');
    appendFileSync(join(folder, 'docs/chunks.json'), '\n');
    // Before any verify has looked at it, and after one has.
    for (const _look of [1, 2]) {
      for (const command of ['summary', 'status']) {
        const { exit, stdout } = await run(command);
        expect(stdout).toMatch(/^docs {2}OUTDATED: the input has changed since validate read it .+Z/);
        expect(stdout).toMatch(/\n {2}next {5}npx indexer run docs\n/);
        expect(exit).toBe(5);
      }
      const { exit, stdout } = await run('verify', '--all');
      expect(exit).toBe(5);
      expect(stdout).toContain('\n  docs/chunks.json has changed since validate read it ');
    }
    write('docs/chunks.json', CHUNKS);
    expect((await run('summary')).exit).toBe(0);
    rmSync(join(folder, 'docs/chunks.json'));
    for (const command of ['summary', 'status']) {
      const { exit, stdout } = await run(command);
      expect(stdout).toMatch(/^docs {2}OUTDATED: the input that validate read .+Z is gone, or cannot be read/);
      expect(exit).toBe(5);
    }
    expect((await run('verify', 'docs')).exit).toBe(2);
    write('docs/chunks.json', CHUNKS);
    expect((await run('status')).exit).toBe(0);
  });

  it('is not looked for where it cannot be read again, which verify says with the time when it was read', async () => {
    const files = createServer((_, response) => response.end(CHUNKS)).listen(0, '127.0.0.1');
    await new Promise((listening) => files.once('listening', listening));
    const { port } = files.address() as { readonly port: number };
    const address = `http://127.0.0.1:${port}/remote.json`;
    const flags = ['--dimensions', String(DIMENSIONS)];
    try {
      const loaded = await run('run', `${address}?key=hidden`, ...flags);
      expect(loaded.exit, loaded.stderr).toBe(0);
      expect(loaded.stdout).not.toContain('read again');
    } finally {
      files.close();
      files.closeAllConnections();
    }
    const { exit, stdout } = await run('verify', address, ...flags);
    expect(stdout).toMatch(
      new RegExp(
        `in step .+\n  ${address} was not read again: the stores were compared with it as validate read it .+Z\n$`,
      ),
    );
    expect(exit).toBe(0);
  });
});
