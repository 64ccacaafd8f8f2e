import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPgliteClient, openPglite, startEmbeddedQdrant } from '@lockstep/embedded';
import { startStubOpenAi, type StubOpenAi } from '@lockstep/testing-faults';
import { createInstantGuard, stubVector } from '@lockstep/testing-ports';
import { createDatabase, openPostgresSession, type TestDatabase } from '@lockstep/testing-postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corpusRun, type CorpusRun } from './corpus-workspace.ts';
import { filesBelow } from '../support/files-below.ts';
import { storeProblems, type StoreProblemsOptions } from '../support/store-problems.ts';
import { copyWorkspace, tasksOf, type WorkspaceCopy } from './workspace-copy.ts';

const CORPORA = ['handbook', 'moby-dick'];
const COLLECTION = 'book_vectors';
const TABLE = 'rag_metadata';
const CACHED = ['embed', 'load-neon', 'load-qdrant', 'validate'];

/** Real Nx runs with the embedded services and the real model, one after the other in one workspace. */
describe('loading through Nx', { timeout: 240_000 }, () => {
  let workspace: WorkspaceCopy;
  let openai: StubOpenAi;
  const closers: (() => unknown)[] = [];
  const path = (...parts: string[]) => join(workspace.root, ...parts);
  const chunksFile = () => path('fixtures', 'corpora', 'moby-dick', 'chunks.json');
  const receipt = (corpus: string, name: string) =>
    JSON.parse(readFileSync(path('.lockstep', corpus, name), 'utf8')) as Record<string, unknown>;
  /** Alone they change nothing. */
  const openAiVariables = () => ({ OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: openai.baseUrl });

  beforeAll(async () => {
    workspace = await copyWorkspace();
    closers.push(() => workspace.dispose());
    openai = await startStubOpenAi({ dimensions: 1536 });
    closers.push(() => openai.close());
  });
  afterAll(async () => {
    for (const close of closers.toReversed()) await close();
  });

  /** Verifies the vectors too; a run that succeeded has just verified all else. */
  async function expectVectorsInStep(corpus: string): Promise<void> {
    const { stdout, exit, output } = await workspace.indexer(
      ...['verify', `fixtures/corpora/${corpus}`, '--json', '--level', 'vectors', '--only', 'qdrant'],
    );
    expect(exit, output).toBe(0);
    const { ok, counts, differences } = JSON.parse(stdout) as ReturnType<typeof JSON.parse>;
    expect({ ok, differences }).toEqual({ ok: true, differences: [] });
    expect([counts.cache, counts.qdrant]).toEqual([counts.input, counts.input]);
  }

  async function loadAll(environment: Readonly<Record<string, string>> = {}): Promise<ReturnType<typeof tasksOf>> {
    const run = await workspace.run('nx', ['run', 'indexer:load'], environment);
    expect(run.exit, run.output).toBe(0);
    return tasksOf(run);
  }

  /** Files and folders of the state directory that other users may read. */
  const openToOthers = () =>
    // The Postgres engine sets modes of files itself, in a folder that other users cannot open.
    filesBelow(path('.lockstep')).filter(({ isOpen, path: name }) => isOpen && !name.startsWith('postgres/'));

  const stages = (...targets: string[]) =>
    CORPORA.flatMap((corpus) => targets.map((target) => `${corpus}:${target}`)).sort();

  it('indexer:load loads every corpus on an empty machine, and reports that all are in step', async () => {
    const run = await workspace.nx('run', 'indexer:load');
    expect(run.exit, run.output).toBe(0);
    expect(tasksOf(run).replayed).toEqual([]);
    expect(run.output.split('All corpora are in step')).toHaveLength(2);
    for (const corpus of CORPORA) {
      const { ok, counts, differences } = receipt(corpus, 'verify.json');
      expect({ ok, differences }).toEqual({ ok: true, differences: [] });
      const { input, cache, qdrant, neon } = counts as Record<string, number>;
      expect(input).toBeGreaterThan(0);
      expect([cache, qdrant, neon]).toEqual([input, input, input]);
    }
    expect(openToOthers().map(({ path: name }) => name)).toEqual([]);
  });

  it('search finds the answer among the first five results for at least 80 % of the questions', async () => {
    const asked = CORPORA.map((corpus) => {
      const file = path('fixtures', 'corpora', corpus, 'questions.json');
      const questions = JSON.parse(readFileSync(file, 'utf8')) as {
        question: string;
        relevant: string[];
        document: string;
      }[];
      expect(questions.length).toBeGreaterThanOrEqual(12);
      expect(new Set(questions.map(({ document }) => document)).size).toBeGreaterThanOrEqual(6);
      return { corpus, questions };
    });
    const run = await workspace.run('node', [
      path('apps', 'indexer-e2e', 'src', 'nx', 'ask-all.ts'),
      JSON.stringify(
        Object.fromEntries(asked.map(({ corpus, questions }) => [corpus, questions.map(({ question }) => question)])),
      ),
    ]);
    expect(run.exit, run.output).toBe(0);
    const answers = JSON.parse(run.stdout) as Record<string, string[][]>;
    for (const { corpus, questions } of asked) {
      const found = questions.filter(({ relevant: [answer] }, at) => answers[corpus]?.[at]?.includes(answer as string));
      expect(found.length / questions.length, corpus).toBeGreaterThanOrEqual(0.8);
    }
    const whale = await workspace.indexer('search', 'What is the whiteness of the whale?', '--corpus', 'moby-dick');
    expect(whale.stdout).toContain('The Whiteness of the Whale');
  });

  it('only load-qdrant runs again after the data of the embedded Qdrant are deleted and an unrelated package changes', async () => {
    const lock = readFileSync(path('package-lock.json'), 'utf8');
    const { integrity } = JSON.parse(lock).packages['node_modules/prettier'] as { integrity: string };
    writeFileSync(path('package-lock.json'), lock.replace(integrity, `sha512-${'A'.repeat(86)}==`));
    rmSync(path('.lockstep', 'qdrant'), { recursive: true });
    const { replayed, ran } = await loadAll();
    writeFileSync(path('package-lock.json'), lock);
    expect(replayed).toEqual(stages('validate', 'embed', 'load-neon'));
    expect(ran).toEqual(expect.arrayContaining(stages('load-qdrant')));
    for (const corpus of CORPORA) await expectVectorsInStep(corpus);
  });

  it('an edit of one text is loaded into one corpus, and pays for one text', async () => {
    cpSync(path('.lockstep', 'postgres'), path('postgres-before'), { recursive: true });
    cpSync(chunksFile(), path('chunks-before.json'));
    const records = JSON.parse(readFileSync(chunksFile(), 'utf8')) as { text_snippet_preview: string }[];
    const edited = records.map((record, at) =>
      at === 3 ? { ...record, text_snippet_preview: `${record.text_snippet_preview} So it was.` } : record,
    );
    writeFileSync(chunksFile(), JSON.stringify(edited));
    const affected = await workspace.run('nx', ['affected', '-t', 'load', '--base=HEAD'], openAiVariables());
    expect(affected.exit, affected.output).toBe(0);
    // The summary of `indexer:load`, of the corpus that was touched.
    expect(affected.output).toMatch(
      /\nmoby-dick {2}in step\n {2}chunks .*\n {2}embed {4}1 embedded, .*\n[^]*\nmoby-dick is in step\. Try: .*\s*$/,
    );
    expect(affected.output).not.toContain('handbook  in step');
    const { ran, replayed } = tasksOf(affected);
    expect([...ran, ...replayed].filter((task) => !task.startsWith('moby-dick:'))).toEqual([]);
    expect(receipt('moby-dick', 'embed/receipt.json')).toMatchObject({ embedded: 1, cached: records.length - 1 });
    expect(receipt('moby-dick', 'load-qdrant/receipt.json')).toMatchObject({ written: 1, deleted: 0 });
    expect(receipt('moby-dick', 'load-neon/receipt.json')).toMatchObject({ written: 1, deleted: 0 });
    expect(openai.seen.requests).toBe(0);
    await expectVectorsInStep('moby-dick');
  });

  it('undoing an edit and editing a title pay for nothing, and the other corpus is replayed', async () => {
    const records = JSON.parse(readFileSync(path('chunks-before.json'), 'utf8')) as { chapter_title: string }[];
    writeFileSync(
      chunksFile(),
      JSON.stringify(records.map((record, at) => (at === 5 ? { ...record, chapter_title: 'Another title' } : record))),
    );
    const { replayed } = await loadAll(openAiVariables());
    expect(replayed).toEqual(CACHED.map((target) => `handbook:${target}`));
    expect(receipt('moby-dick', 'embed/receipt.json')).toMatchObject({ embedded: 0, requests: 0 });
    expect(receipt('moby-dick', 'load-neon/receipt.json')).toMatchObject({ written: 2, deleted: 0 });
    expect(openai.seen.requests).toBe(0);
    await expectVectorsInStep('moby-dick');
    // Nx creates folders when it restores outputs; files keep their modes.
    expect(openToOthers().flatMap(({ path: name, isFolder }) => (isFolder ? [] : [name]))).toEqual([]);
  });

  it('a corpus is in step after at most one failed verify when an old copy of the Postgres data is restored', async () => {
    rmSync(path('.lockstep', 'postgres'), { recursive: true });
    cpSync(path('postgres-before'), path('.lockstep', 'postgres'), { recursive: true });
    const first = await workspace.nx('run', 'moby-dick:load');
    expect(first.exit, 'the old rows must not pass for the new ones').not.toBe(0);
    expect(first.output).toContain('stale');
    const second = await workspace.nx('run', 'moby-dick:load');
    expect(second.exit, second.output).toBe(0);
    await expectVectorsInStep('moby-dick');
  });

  it('a load ends with the records that were left out, replayed or not, and a corpus.json that is broken or of another program stops no other corpus', async () => {
    mkdirSync(path('fixtures', 'corpora', 'rejects'));
    mkdirSync(path('fixtures', 'foreign'));
    const records = [{ uid: 'a', words: 'one' }, { uid: 'b', words: 'two' }, { uid: 'c' }];
    const config = { name: 'rejects', input: 'chunks.json', fields: { id: 'uid', text: 'words' } };
    writeFileSync(path('fixtures', 'corpora', 'rejects', 'chunks.json'), JSON.stringify(records));
    writeFileSync(path('fixtures', 'corpora', 'rejects', 'corpus.json'), JSON.stringify(config));
    writeFileSync(path('fixtures', 'foreign', 'corpus.json'), '{"name":"brown","language":"en","documents":[]}');
    mkdirSync(path('fixtures', 'broken'));
    writeFileSync(path('fixtures', 'broken', 'corpus.json'), '{"name":"broken","input":"chunks.json",}');
    for (const replayed of [false, true]) {
      const run = corpusRun('rejects', await workspace.nx('run', 'rejects:load'));
      expect(run.exit, run.output).toBe(0);
      expect(run.replayed.includes('validate')).toBe(replayed);
      expect(run.output).toMatch(
        /verify: (?:\S+✔ )?in step.*\nrejects LEFT OUT: 1 of 3 records rejected \(1 missing-text\); \.lockstep\/rejects\/validate\/rejects\.jsonl lists each\n/,
      );
      expect(run.output).toContain('fixtures/foreign/corpus.json is left out');
    }
    const refused = await workspace.run('nx', ['run', 'rejects:validate'], { LOCKSTEP_MAX_REJECTED_PERCENT: '20' });
    expect(refused.exit).not.toBe(0);
    expect(refused.output).toContain('1 of 3 records would be left out: 1 missing-text');
    expect(refused.output).not.toContain('next     ');
    const failed = await workspace.run('nx', ['run', 'rejects:load'], { LOCKSTEP_MAX_REJECTED_PERCENT: '20' });
    expect(failed.exit).not.toBe(0);
    expect(failed.output).toMatch(
      /\nrejects {2}REFUSED in validate \(too-many-rejected\): 1 of 3 .*\n[^]*\n {2}next {5}npx indexer run fixtures\/corpora\/rejects\n\nNOT IN STEP: rejects\n/,
    );
    const both = await workspace.run('nx', ['run-many', '-t', 'load', '-p', 'rejects', 'fixtures/broken']);
    expect(both.exit).not.toBe(0);
    expect(both.output).toMatch(/error config-invalid\S*: broken\/corpus\.json is not JSON; see line 1/);
    expect(both.output).toMatch(/Failed tasks:\s+- fixtures\/broken:validate\n/);
    expect(both.output).toMatch(/\nfixtures\/broken {2}NOT KNOWN: .*\n[^]*\nrejects {2}in step\n/);
    rmSync(path('fixtures', 'broken'), { recursive: true });
  });

  describe('a switch from the embedded services to others and back', () => {
    const corpus = 'handbook';
    const cloud = { model: 'text-embedding-3-small', dimensions: 1536 };
    const embedded = { model: 'embedded/all-minilm-l6-v2', host: null, dimensions: 384 };
    let database: TestDatabase;
    let ownUrl: string;
    const records = () =>
      readFileSync(path('fixtures', 'corpora', corpus, 'chunks.jsonl'), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as object);
    const ownVariables = () => ({
      ...openAiVariables(),
      QDRANT_HOST: ownUrl,
      NEON_POSTGRES_CONNECTION_STRING: database.connectionString,
    });

    beforeAll(async () => {
      database = await createDatabase();
      closers.push(() => database.drop());
      const qdrant = await startEmbeddedQdrant({ directory: path('own-qdrant') });
      closers.push(() => qdrant.close());
      ownUrl = qdrant.url;
    });

    const load = async (environment: Readonly<Record<string, string>>): Promise<CorpusRun> => {
      const run = corpusRun(corpus, await workspace.run('nx', ['run', `${corpus}:load`], environment));
      expect(run.exit, run.output).toBe(0);
      return run;
    };
    const problems = (
      options: Omit<StoreProblemsOptions, 'corpus' | 'collection' | 'table' | 'records'>,
    ): Promise<string[]> =>
      storeProblems({ corpus, collection: COLLECTION, table: TABLE, records: records(), ...options });

    /** Problems in the other services. */
    async function problemsOfOwn(): Promise<string[]> {
      const session = await openPostgresSession(database.connectionString);
      return problems({
        identity: { ...cloud, host: new URL(openai.baseUrl).host },
        qdrantUrl: ownUrl,
        query: session.query,
        vectorOf: (text) => stubVector(text, cloud.dimensions),
      }).finally(() => session.end());
    }

    /** Problems in the embedded services, whose data no process may be using. */
    async function problemsOfEmbedded(): Promise<string[]> {
      const qdrant = await startEmbeddedQdrant({ directory: path('.lockstep', 'qdrant') });
      const postgres = await openPglite({ directory: path('.lockstep', 'postgres'), waitMs: 0 });
      const sql = createPgliteClient({ database: postgres, guard: createInstantGuard('neon').guard });
      const query = (text: string) => sql.query([text]);
      try {
        return await problems({ identity: embedded, qdrantUrl: qdrant.url, query, isAmongOthers: true });
      } finally {
        await qdrant.close();
        await postgres.close();
      }
    }

    it('a switch of services and back mixes no vectors of the two models, and pays for each text once', async () => {
      const own = await load(ownVariables());
      expect(own.replayed).toEqual([]);
      expect(openai.seen.inputs).toBe(records().length);
      expect(await problemsOfOwn()).toEqual([]);
      expect((await load(ownVariables())).replayed).toEqual(CACHED);

      const back = await load(openAiVariables());
      expect(back).toMatchObject({ replayed: CACHED, ran: ['provision', 'verify'] });
      expect(receipt(corpus, 'embed/receipt.json')).toMatchObject(embedded);
      expect(openai.seen.inputs).toBe(records().length);
      expect(await problemsOfEmbedded()).toEqual([]);
      expect(await problemsOfOwn()).toEqual([]);
    });
  });
});
