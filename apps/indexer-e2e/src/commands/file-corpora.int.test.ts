import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedQdrant, type EmbeddedQdrant } from '@lockstep/embedded';
import { startStubOpenAi, type StubOpenAi } from '@lockstep/testing-faults';
import { createDatabase, type TestDatabase } from '@lockstep/testing-postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runIndexer, type IndexerRun } from '../support/run-indexer.ts';
import { startTerminal } from '../terminal/terminal-session.ts';

const FLAGS = ['--dimensions', '8'];
const CHUNKS = JSON.stringify(['a', 'b', 'c'].map((id) => ({ id, body: `The text of ${id}.` })));

/** A corpus that was loaded from a file, without a corpus.json; one workspace, in the order of the tests. */
describe('a corpus from a file', { timeout: 120_000 }, () => {
  let folder: string;
  let openai: StubOpenAi;
  let database: TestDatabase;
  let server: EmbeddedQdrant;
  const environment = () => ({
    OPENAI_API_KEY: 'sk-test',
    OPENAI_BASE_URL: openai.baseUrl,
    QDRANT_HOST: server.url,
    NEON_POSTGRES_CONNECTION_STRING: database.connectionString,
  });
  const run = (...args: string[]): Promise<IndexerRun> => runIndexer(folder, args, environment());
  const write = (name: string, content: string): void => writeFileSync(join(folder, name), content);
  const load = (...args: string[]) => run('run', 'quotes.json', '--text', 'body', ...FLAGS, ...args);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lockstep-file-corpora-'));
    openai = await startStubOpenAi({ dimensions: 8 });
    database = await createDatabase();
    server = await startEmbeddedQdrant({ directory: join(folder, 'qdrant') });
    mkdirSync(join(folder, 'other'));
    write('nx.json', '{}');
    write('quotes.json', CHUNKS);
    write('other/quotes.json', CHUNKS);
  });
  afterAll(async () => {
    await server.close();
    await database.drop();
    await openai.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What both commands say, which must be the same, and how they end. */
  async function told(): Promise<{
    readonly says: readonly string[];
    readonly exit: number | null;
    readonly text: string;
  }> {
    const summary = await run('summary');
    const status = await run('status', '--json');
    expect(status.exit).toBe(summary.exit);
    const { corpora, strangers } = JSON.parse(status.stdout) as {
      readonly corpora: readonly { readonly corpus: string; readonly says: string }[];
      readonly strangers: readonly object[];
    };
    expect(strangers).toEqual([]);
    const says = corpora.map((corpus) => `${corpus.corpus}  ${corpus.says}`);
    for (const line of says) expect(summary.stdout).toContain(line);
    return { says, exit: summary.exit, text: summary.stdout };
  }

  it('that was only validated is no corpus yet; once it is loaded, summary and status tell of it as of any other', async () => {
    expect((await run('validate', 'quotes.json', '--text', 'body', ...FLAGS)).exit).toBe(0);
    expect((await run('summary')).stdout).toBe(
      'There is no corpus.json in this workspace, and nothing was loaded from here without one.\n',
    );
    const loaded = await load('--collection', 'cited');
    expect(loaded.exit, loaded.stderr).toBe(0);
    expect(await told()).toMatchObject({ says: ['quotes  in step'], exit: 0 });
    // From another folder of the workspace too.
    const elsewhere = await runIndexer(join(folder, 'other'), ['summary'], environment());
    expect([elsewhere.exit, elsewhere.stdout]).toEqual([0, expect.stringMatching(/^quotes {2}in step\n/)]);
  });

  it('is in the report, with its counts and what a run of it would do now', async () => {
    const reported = await run('report', '--json');
    expect(reported.exit, reported.stderr).toBe(0);
    expect(JSON.parse(reported.stdout)).toMatchObject({ ok: true, corpora: [{ corpus: 'quotes' }], problems: [] });
    const html = readFileSync(join(folder, '.lockstep/report.html'), 'utf8');
    const [, data = ''] = /<script type="application\/json"[^>]*>([^<]*)<\/script>/.exec(html) ?? [];
    const { corpora } = JSON.parse(data) as { readonly corpora: readonly object[] };
    expect(corpora).toMatchObject([
      {
        corpus: 'quotes',
        state: 'in-step',
        counts: { input: 3, qdrant: 3, neon: 3 },
        plan: { texts: 0, stores: { qdrant: { add: 0, unchanged: 3 }, neon: { add: 0, unchanged: 3 } }, refused: null },
      },
    ]);
  });

  it('is not told of in a task of Nx, whose corpora have a corpus.json', async () => {
    const { stdout } = await runIndexer(folder, ['summary'], { ...environment(), NX_TASK_TARGET_PROJECT: 'indexer' });
    expect(stdout).toContain('There is no corpus.json');
  });

  it('is outdated when the file has changed, with the command that loads it, which has the flags of the last load', async () => {
    write('quotes.json', CHUNKS.replace('text of c', 'text of d'));
    const { says, exit, text } = await told();
    expect(says).toEqual([expect.stringMatching(/^quotes {2}OUTDATED: the input has changed since validate read it /)]);
    expect(exit).toBe(5);
    const [, next = ''] = /\n {2}next {5}npx indexer (.+)\n/.exec(text) ?? [];
    expect(next).toBe('run quotes.json --collection cited --dimensions 8 --text body');
    const loaded = await run(...next.split(' '));
    expect(loaded.exit, loaded.stderr).toBe(0);
    expect(await told()).toMatchObject({ says: ['quotes  in step'], exit: 0 });
  });

  it('of which a validate has failed is told by verify with the error of the validate and a command that names the file', async () => {
    write('quotes.json', CHUNKS.replace(']', ',{"id":"bad"}]'));
    expect((await load('--strict')).exit).toBe(3);
    const failed = await run('verify', 'quotes.json', ...FLAGS);
    expect(failed.exit).toBe(1);
    expect(failed.stderr).toMatch(
      /error validate-failed in verify: .*The last validate of this corpus failed \(records-rejected\): 1 record was rejected/,
    );
    expect(failed.stderr).toContain('load the corpus with `indexer run quotes.json`.');
    // What failed is still the validate.
    expect((await told()).says).toEqual([
      expect.stringMatching(/^quotes {2}FAILED in validate \(records-rejected\): /),
    ]);
    write('quotes.json', CHUNKS);
    expect((await load('--collection', 'cited')).exit).toBe(0);
  });

  it('whose stage has no input of its own names the command for the file', async () => {
    const early = await run('embed', 'other/quotes.json', '--corpus', 'early', ...FLAGS);
    expect(early.exit).toBe(2);
    expect(early.stderr).toContain('First run `indexer validate other/quotes.json --corpus early`.');
  });

  it('is not dropped by another file of the same name, by a name that is near, or by another answer than its name', async () => {
    const other = await run('drop', 'other/quotes.json', '--yes');
    expect(other.exit).toBe(2);
    expect(other.stderr).toContain('quotes was loaded from "quotes.json", and not from "other/quotes.json".');
    const near = await run('drop', 'quots', '--yes');
    expect(near.exit).toBe(2);
    expect(near.stderr).toContain('Did you mean "quotes"?');
    const session = startTerminal(['drop', 'quotes.json'], { folder, columns: 200, environment: environment() });
    await session.until(/all of "quotes"\.\n[^]*Type the name of the corpus, quotes, to confirm: /);
    session.type('yes\r');
    expect(await session.ended).toBe(4);
    const screen = session.lines().join('\n');
    session.close();
    expect(screen).toContain(
      'error not-confirmed: The answer was not the name of the corpus, quotes. Nothing was deleted.',
    );
    expect(screen).not.toContain('in a terminal');
    expect(await told()).toMatchObject({ says: ['quotes  in step'], exit: 0 });
  });

  it('is dropped by its file, from the collection that it was loaded into, and is then told of by verify alone', async () => {
    const dropped = await run('drop', 'quotes.json', '--yes');
    expect(dropped.exit, dropped.stderr).toBe(0);
    expect(dropped.stdout).toMatch(/^quotes drop: 3 points deleted from \S+\/cited, 3 rows /);
    for (const flags of [
      ['--collection', 'cited'],
      ['--level', 'counts'],
    ]) {
      const verified = await run('verify', 'quotes.json', ...FLAGS, ...flags);
      expect(verified.exit).toBe(5);
      expect(verified.stderr).toMatch(
        /error corpus-dropped in verify: quotes was dropped .+Z, and has not been loaded since\.\n {2}.*`indexer run quotes\.json`/,
      );
      expect(verified.stdout).toBe('');
    }
    expect((await run('summary')).stdout).toContain('nothing was loaded from here');
    expect((await run('status')).exit).toBe(0);
    // Once more is no failure: there was such a corpus.
    expect(await run('drop', 'quotes', '--yes')).toMatchObject({ exit: 0, stdout: expect.stringContaining('Neither') });
  });

  it('that gets another name is told of under that, and verify names it', async () => {
    expect((await load()).exit).toBe(0);
    const renamed = await run('rename', 'quotes', 'sayings', '--yes');
    expect(renamed.exit, renamed.stderr).toBe(0);
    const { stderr } = await run('verify', 'quotes.json', ...FLAGS);
    expect(stderr).toMatch(/error corpus-dropped in verify: quotes got the name sayings .+Z/);
    const { says, text } = await told();
    expect(says).toEqual([expect.stringMatching(/^sayings {2}/)]);
    expect(text).not.toContain('quotes  ');
  });

  it('whose file is gone is outdated, until it is put back or the corpus is dropped by its name', async () => {
    expect((await load()).exit).toBe(0);
    expect((await run('drop', 'sayings', '--yes')).exit).toBe(0);
    rmSync(join(folder, 'quotes.json'));
    const { says, exit, text } = await told();
    expect(says).toEqual([expect.stringMatching(/^quotes {2}OUTDATED: the input that validate read .+ is gone/)]);
    expect(exit).toBe(5);
    expect(text).toContain('with `npx indexer drop quotes`.');
    expect((await run('drop', 'quotes', '--yes')).exit).toBe(0);
    expect((await run('status')).exit).toBe(0);
  });
});
