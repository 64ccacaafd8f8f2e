import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesBelow } from './test-support/files-below.ts';
import { copyWorkspace, tasksOf, type WorkspaceCopy } from './test-support/workspace-copy.ts';

const CORPORA = ['handbook', 'moby-dick'];

/** Real Nx runs over the embedded services and the real model, one after the other on one workspace. */
describe('loading through Nx', { timeout: 240_000 }, () => {
  let workspace: WorkspaceCopy;
  const path = (...parts: string[]) => join(workspace.root, ...parts);
  const chunksFile = () => path('fixtures', 'corpora', 'moby-dick', 'chunks.json');
  const receipt = (corpus: string, name: string) =>
    JSON.parse(readFileSync(path('.lockstep', corpus, name), 'utf8')) as Record<string, unknown>;

  beforeAll(async () => {
    workspace = await copyWorkspace();
  });
  afterAll(() => workspace.dispose());

  /** Asks the stores themselves, at every level. */
  async function expectInStep(corpus: string): Promise<void> {
    const { stdout, exit, output } = await workspace.indexer(
      ...['verify', `fixtures/corpora/${corpus}`, '--json', '--level', 'vectors'],
    );
    expect(exit, output).toBe(0);
    const { ok, counts, differences } = JSON.parse(stdout) as ReturnType<typeof JSON.parse>;
    expect({ ok, differences }).toEqual({ ok: true, differences: [] });
    expect(new Set(Object.values(counts))).toHaveLength(1);
  }

  async function load(): Promise<ReturnType<typeof tasksOf>> {
    const run = await workspace.nx('run', 'indexer:load');
    expect(run.exit, run.output).toBe(0);
    return tasksOf(run);
  }

  /** Files and folders of the state directory that others than their owner may read: caches, receipts, engines' data. */
  const openToOthers = () =>
    // Within its own folder, which is closed, the Postgres engine gives files modes of its own.
    filesBelow(path('.lockstep')).filter(({ isOpen, path: name }) => isOpen && !name.startsWith('postgres/'));

  const stages = (...targets: string[]) =>
    CORPORA.flatMap((corpus) => targets.map((target) => `${corpus}:${target}`)).sort();

  it('loads every corpus on a machine that has nothing, and says so', async () => {
    const run = await workspace.nx('run', 'indexer:load');
    expect(run.exit, run.output).toBe(0);
    expect(tasksOf(run).replayed).toEqual([]);
    expect(run.output).toContain('All corpora are in step');
    for (const corpus of CORPORA) {
      const { ok, counts, differences } = receipt(corpus, 'verify.json');
      expect({ ok, differences }).toEqual({ ok: true, differences: [] });
      const { input, cache, qdrant, neon } = counts as Record<string, number>;
      expect(input).toBeGreaterThan(0);
      expect([cache, qdrant, neon]).toEqual([input, input, input]);
    }
    expect(openToOthers().map(({ path: name }) => name)).toEqual([]);
  });

  it('finds the answer among the first five for at least 80 % of the questions', async () => {
    for (const corpus of CORPORA) {
      const questions = JSON.parse(readFileSync(path('fixtures', 'corpora', corpus, 'questions.json'), 'utf8')) as {
        question: string;
        answer: string;
        document: string;
      }[];
      expect(questions.length).toBeGreaterThanOrEqual(12);
      expect(new Set(questions.map(({ document }) => document)).size).toBeGreaterThanOrEqual(6);
      const run = await workspace.run('node', [
        path('apps', 'indexer', 'src', 'test-support', 'ask-all.ts'),
        corpus,
        JSON.stringify(questions.map(({ question }) => question)),
      ]);
      expect(run.exit, run.output).toBe(0);
      const answers = JSON.parse(run.stdout) as string[][];
      const found = questions.filter(({ answer }, at) => answers[at]?.includes(answer));
      expect(found.length / questions.length, corpus).toBeGreaterThanOrEqual(0.8);
    }
    const whale = await workspace.indexer('search', 'What is the whiteness of the whale?', '--corpus', 'moby-dick');
    expect(whale.stdout).toContain('The Whiteness of the Whale');
  });

  it('replays everything but provision and verify when nothing that matters has changed', async () => {
    const lock = readFileSync(path('package-lock.json'), 'utf8');
    const { integrity } = JSON.parse(lock).packages['node_modules/prettier'] as { integrity: string };
    writeFileSync(path('package-lock.json'), lock.replace(integrity, `sha512-${'A'.repeat(86)}==`));
    const { replayed } = await load();
    writeFileSync(path('package-lock.json'), lock);
    expect(replayed).toEqual(stages('validate', 'embed', 'load-qdrant', 'load-neon'));
  });

  it('loads only the points again after the data of the embedded Qdrant are gone', async () => {
    rmSync(path('.lockstep', 'qdrant'), { recursive: true });
    const { replayed, ran } = await load();
    expect(replayed).toEqual(stages('validate', 'embed', 'load-neon'));
    expect(ran).toEqual(expect.arrayContaining(stages('load-qdrant')));
    await expectInStep('handbook');
    await expectInStep('moby-dick');
  });

  it('touches one corpus after an edit of it, pays for one text, and is back at once after the edit is undone', async () => {
    const original = readFileSync(chunksFile(), 'utf8');
    cpSync(path('.lockstep', 'postgres'), path('postgres-before'), { recursive: true });
    const records = JSON.parse(original) as { text_snippet_preview: string; chapter_title: string }[];
    const edited = records.map((record, at) =>
      at === 3 ? { ...record, text_snippet_preview: `${record.text_snippet_preview} So it was.` } : record,
    );
    writeFileSync(chunksFile(), JSON.stringify(edited));
    const affected = await workspace.nx('affected', '-t', 'load', '--base=HEAD');
    expect(affected.exit, affected.output).toBe(0);
    const { ran, replayed } = tasksOf(affected);
    expect([...ran, ...replayed].filter((task) => !task.startsWith('moby-dick:'))).toEqual([]);
    expect(receipt('moby-dick', 'embed/receipt.json')).toMatchObject({ embedded: 1, cached: records.length - 1 });
    expect(receipt('moby-dick', 'load-qdrant/receipt.json')).toMatchObject({ written: 1, deleted: 0 });
    expect(receipt('moby-dick', 'load-neon/receipt.json')).toMatchObject({ written: 1, deleted: 0 });
    await expectInStep('moby-dick');

    writeFileSync(chunksFile(), original);
    await load();
    await expectInStep('moby-dick');
    // Nx makes folders of its own where it puts outputs back; files keep their mode.
    expect(openToOthers().flatMap(({ path: name, isFolder }) => (isFolder ? [] : [name]))).toEqual([]);
  });

  it('pays for nothing after an edit of a title', async () => {
    const records = JSON.parse(readFileSync(chunksFile(), 'utf8')) as { chapter_title: string }[];
    writeFileSync(
      chunksFile(),
      JSON.stringify(records.map((record, at) => (at === 5 ? { ...record, chapter_title: 'Another title' } : record))),
    );
    const run = await workspace.nx('run', 'moby-dick:load');
    expect(run.exit, run.output).toBe(0);
    expect(receipt('moby-dick', 'embed/receipt.json')).toMatchObject({ embedded: 0, requests: 0 });
    expect(receipt('moby-dick', 'load-neon/receipt.json')).toMatchObject({ written: 1 });
    await expectInStep('moby-dick');
  });

  it('is in step again after at most one failed verify when an old copy of the Postgres data is put back', async () => {
    expect(existsSync(path('postgres-before'))).toBe(true);
    rmSync(path('.lockstep', 'postgres'), { recursive: true });
    cpSync(path('postgres-before'), path('.lockstep', 'postgres'), { recursive: true });
    const first = await workspace.nx('run', 'moby-dick:load');
    expect(first.exit, 'the old rows must not pass for the new ones').not.toBe(0);
    expect(first.output).toContain('stale');
    const second = await workspace.nx('run', 'moby-dick:load');
    expect(second.exit, second.output).toBe(0);
    await expectInStep('moby-dick');
  });
});
