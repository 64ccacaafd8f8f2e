import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedQdrant, type EmbeddedQdrant } from '@lockstep/embedded';
import { startStubOpenAi, type StubOpenAi } from '@lockstep/testing-faults';
import { createDatabase, type TestDatabase } from '@lockstep/testing-postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runIndexer, startIndexer, type IndexerRun } from '../support/run-indexer.ts';

const DIMENSIONS = 8;

/** What `summary` and `status` say of the last run, as a person who ran it sees it; one workspace, in the order of the tests. */
describe('the last run', { timeout: 120_000 }, () => {
  let folder: string;
  let database: TestDatabase;
  let openai: StubOpenAi;
  let server: EmbeddedQdrant;
  const chunks = Array.from({ length: 40 }, (_, at) => ({ id: `c${at}`, text: `This is chunk number ${at}.` }));
  const environment = () => ({
    OPENAI_API_KEY: 'sk-test',
    OPENAI_BASE_URL: openai.baseUrl,
    QDRANT_HOST: server.url,
    NEON_POSTGRES_CONNECTION_STRING: database.connectionString,
  });
  const run = (...args: string[]): Promise<IndexerRun> => runIndexer(folder, args, environment());
  const write = (content: string, config: object = {}) => {
    mkdirSync(join(folder, 'docs/books'), { recursive: true });
    writeFileSync(join(folder, 'docs/books/chunks.json'), content);
    const whole = { name: 'books', input: 'chunks.json', dimensions: DIMENSIONS, ...config };
    writeFileSync(join(folder, 'docs/books/corpus.json'), JSON.stringify(whole));
  };

  /** What both commands say of the corpus, which must be the same, with their exit codes. */
  async function told(...args: string[]): Promise<{ text: string; summary: IndexerRun; state: string; ok: boolean }> {
    const summary = await run('summary', ...args);
    const json = JSON.parse((await run('summary', '--json', ...args)).stdout) as ReturnType<typeof JSON.parse>;
    const status = await run('status', '--json', ...args);
    const [corpus] = (JSON.parse(status.stdout) as ReturnType<typeof JSON.parse>).corpora;
    expect([corpus.state, corpus.says]).toEqual([json.corpora[0].state, json.corpora[0].says]);
    expect(summary.exit).toBe(json.ok ? 0 : 5);
    expect(status.exit).toBe(summary.exit);
    return { text: summary.stdout, summary, state: corpus.state as string, ok: json.ok as boolean };
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lockstep-last-run-'));
    writeFileSync(join(folder, 'nx.json'), '{}');
    database = await createDatabase();
    openai = await startStubOpenAi({ dimensions: DIMENSIONS });
    server = await startEmbeddedQdrant({ directory: join(folder, 'qdrant') });
    write(JSON.stringify(chunks));
  });
  afterAll(async () => {
    await server.close();
    await openai.close();
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is told as in step when it has verified, again and again in the same words', async () => {
    expect((await told()).text).toMatch(
      /^books {2}NOT LOADED\n {2}next {5}npx indexer run docs\/books\n\nNOT IN STEP: books\n/,
    );
    const loaded = await run('run', 'books');
    expect(loaded.exit, loaded.stderr).toBe(0);
    const first = await told();
    expect(first).toMatchObject({ state: 'in-step', ok: true });
    expect(first.text).toMatch(/^books {2}in step\n {2}chunks {3}input 40, cache 40, qdrant 40, neon 40\n/);
    expect(first.text).toMatch(/\n {2}embed {4}40 embedded, 0 from the cache; \d+ tokens/);
    expect(first.text).toMatch(/\n {2}qdrant {3}40 written, 0 deleted; .*\n {2}neon {5}40 written, 0 deleted; /);
    expect(first.text).toMatch(/\n {2}verified \d{4}-\d\d-\d\d \d\d:\d\dZ, all fields compared\n/);
    expect(first.text).toContain('All corpora are in step.');
    expect((await told()).text).toBe(first.text);
  });

  it('is told as failed with its error and the next command when its input is malformed', async () => {
    write('[{"id": "c0", "text": ');
    const failed = await run('run', 'books');
    expect(failed.exit).not.toBe(0);
    const { text, state } = await told();
    expect(state).toBe('failed');
    expect(text).toMatch(
      /^books {2}FAILED in validate \(input-malformed\): .+\n {2}.+\n {2}stores {3}as load #1 left them, /,
    );
    expect(text).toContain('\n  next     npx indexer run docs/books\n\nNOT IN STEP: books\n');
    expect(text).not.toContain('in step');
  });

  it('is told as refused when it would delete too much', async () => {
    write(JSON.stringify(chunks.slice(0, 3)));
    expect((await run('run', 'books')).exit).toBe(4);
    expect((await told()).text).toMatch(/^books {2}REFUSED \(delete-guard\): .*37/);
  });

  it('is told as stopped after Ctrl-C, and as not finished after a kill, until the next run has verified', async () => {
    const edited = (edit: string) => JSON.stringify(chunks.map(({ id, text }) => ({ id, text: `${text} ${edit}` })));
    write(edited('one'));
    const interrupted = startIndexer(folder, ['run', 'books', '--batch-size', '1', '--verbose'], environment());
    await interrupted.printed('stores-provisioned');
    interrupted.interrupt();
    expect((await interrupted.ended).exit).toBe(1);
    expect((await told()).text).toMatch(
      /^books {2}STOPPED in \S+ \(aborted\): .+\n.+\n {2}stores {3}may hold a part of it\n/,
    );
    write(edited('two'));
    const killed = startIndexer(folder, ['run', 'books', '--batch-size', '1', '--verbose'], environment());
    killed.killAfter('stores-provisioned');
    await killed.ended;
    const { text, state } = await told();
    expect(state).toBe('unfinished');
    expect(text).toMatch(
      /^books {2}NOT FINISHED: the run that began here .+ has not ended: it is under way, or was killed\n/,
    );
    expect((await run('run', 'books')).exit).toBe(0);
    expect(await told()).toMatchObject({ state: 'in-step', ok: true });
  });

  it('is told from the run table when the state directory is gone, and by a machine that never ran it', async () => {
    renameSync(join(folder, '.lockstep'), join(folder, 'gone'));
    const { text, state } = await told();
    expect(state).toBe('in-step');
    expect(text).toMatch(
      /^books {2}in step\n {2}loaded {3}by another machine, .+\n {2}verified .+Z\n\nAll corpora are in step/,
    );
    rmSync(join(folder, '.lockstep'), { recursive: true });
    renameSync(join(folder, 'gone'), join(folder, '.lockstep'));
  });

  it('is not told at all when the run table cannot be read: summary ends with 5, and status with 1', async () => {
    const unreachable = { ...environment(), NEON_POSTGRES_CONNECTION_STRING: 'postgresql://u:p@127.0.0.1:1/none' };
    const summary = await runIndexer(folder, ['summary'], unreachable);
    expect(summary.exit).toBe(5);
    expect(summary.stdout).toMatch(
      /^books {2}NOT KNOWN: .+\n.+\n {2}next {5}npx indexer doctor\n\nNOT IN STEP: books\n/,
    );
    const status = await runIndexer(folder, ['status'], unreachable);
    expect(status.exit).toBe(1);
    expect(status.stdout).toMatch(/^books {2}NOT KNOWN: /);
  });

  it('does not keep status from asking the stores now: what is gone since, and tables that no corpus.json names any more', async () => {
    write(JSON.stringify(chunks), { table: 'other_rows' });
    expect((await run('run', 'books', '--allow-deletes')).exit).toBe(0);
    const named = await run('status');
    expect(named.stdout).not.toContain('Tables of this program');
    write(JSON.stringify(chunks));
    const moved = await run('run', 'books', '--allow-deletes');
    expect(moved.exit, moved.stderr).toBe(0);
    const status = await run('status');
    expect(status.stdout).toMatch(
      /\n\nTables of this program that no corpus\.json names:\n {2}\S+\/other_rows {2}40 rows\n/,
    );
    expect(status.exit).toBe(0);
    await fetch(`${server.url}/collections/book_vectors/points/delete?wait=true`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ filter: { must: [{ key: 'chunk_id', match: { value: 'c7' } }] } }),
    });
    const drifted = await run('status');
    expect(drifted.exit).toBe(5);
    expect(drifted.stdout).toMatch(/^books {2}DRIFTED: qdrant holds 39 chunks, and held 40 after its last load /);
    expect((await run('summary', '--corpora', 'letters')).stderr).toContain('Expected some of books');
  });
});
