import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkSaid, make, makeMistakesWorkspace, type Mistake, type MistakesWorkspace } from './mistakes-workspace.ts';

const SAME_NAME = { 'copy/corpus.json': { name: 'docs', input: '../docs/chunks.json' } };

const MISTAKES: readonly Mistake[] = [
  {
    title: 'a misspelt corpus is answered with the one that was meant, and with all',
    files: { 'books/corpus.json': { name: 'books', input: 'b.json' } },
    typed: ['plan', 'dosc'],
    exit: 2,
    says: ['no corpus of the workspace has that name', 'Did you mean "docs"?', 'The corpora are books, docs.'],
  },
  {
    title: 'a corpus in other letters is answered with the one that was meant',
    typed: ['verify', 'Docs'],
    exit: 2,
    says: ['Did you mean "docs"?'],
  },
  {
    title: 'a file that does not exist is answered with near ones',
    typed: ['run', 'docs/chunk.json'],
    exit: 2,
    says: ['"docs/chunk.json" does not exist', 'Did you mean "chunks.json"?'],
  },
  ...[
    ['plan', 'docs'],
    ['run', 'copy'],
    ['drop', 'docs', '--yes'],
    ['repair', 'copy/corpus.json'],
  ].map((typed) => ({
    title: `two corpora of one name are refused by ${typed.join(' ')}, with both files`,
    files: SAME_NAME,
    typed,
    exit: 2,
    says: ['config-invalid', 'copy/corpus.json and docs/corpus.json have the same name, docs'],
  })),
  {
    title: 'two corpora of one name are a problem that status tells',
    files: SAME_NAME,
    typed: ['status'],
    exit: 1,
    says: ['copy/corpus.json and docs/corpus.json have the same name, docs'],
    neverSays: ['in step'],
  },
  ...[['summary'], ['summary', '--corpora', 'copy']].map((typed) => ({
    title: `${typed.join(' ')} tells of a corpus.json that is not JSON by its folder`,
    files: { 'copy/corpus.json': '{"name":"copy"' },
    typed,
    exit: 5,
    says: [/copy {2}NOT KNOWN: copy\/corpus\.json is not JSON/, /NOT IN STEP: copy/],
  })),
  ...[
    [
      { name: 'docs', inptu: 'chunks.json' },
      'input: expected a path to the chunks, found nothing; there is no field "inptu" (did you mean "input"?)',
    ],
    [
      { name: 'docs', input: 'chunks.json', batchSize: '5', deletes: 'all' },
      'batchSize: expected a number, found "5"; deletes: expected one of full, document, none, found "all"',
    ],
    ['{"name":"docs",\n"input":"x",}', 'docs/corpus.json is not JSON; see line 2, column 13'],
  ].map(([content = '', problem]) => ({
    title: `a corpus.json with ${typeof content === 'string' ? 'broken JSON' : Object.keys(content).join(', ')} is told field by field`,
    files: { 'docs/corpus.json': content },
    typed: ['plan', 'docs/corpus.json'],
    exit: 2,
    says: ['config-invalid', problem as string],
  })),
  ...[
    ['sorce', 'Did you mean "source"?'],
    ['text', '"text" is in the rows alone, in the column text_snippet_preview'],
  ].map(([field = '', problem = '']) => ({
    title: `the payload field ${field}, which no point can have, is told`,
    files: { 'docs/corpus.json': { name: 'docs', input: 'chunks.json', payload: [field] } },
    typed: ['plan', 'docs'],
    exit: 2,
    says: ['config-invalid', problem],
  })),
];

describe('mistakes in corpora', () => {
  it.each(MISTAKES)('$title', async (mistake) => {
    await make(mistake);
  });
});

describe('with a corpus that is loaded', () => {
  let workspace: MistakesWorkspace;
  beforeAll(async () => {
    workspace = makeMistakesWorkspace();
    const loaded = await workspace.run(['run', 'docs', '--corpus', 'stored']);
    expect(loaded.exit, loaded.stderr).toBe(0);
  });
  afterAll(() => workspace.remove());

  it('a search in a corpus that does not exist fails with the one that was meant, and with all', async () => {
    const run = await workspace.run(['search', 'whale', '--corpus', 'stord', '--json']);
    checkSaid(run, { exit: 2, says: ['corpus-unknown'], neverSays: ['Nothing found'] });
    const { ok, error } = JSON.parse(run.stdout) as { ok: boolean; error: { message: string } };
    expect(ok).toBe(false);
    expect(error.message).toBe('There is no corpus "stord". Did you mean "stored"? The corpora are docs, stored.');
  });

  it('a search in a corpus that was only never loaded finds nothing, and is no failure', async () => {
    checkSaid(await workspace.run(['search', 'whale', '--corpus', 'docs']), { exit: 0, says: ['Nothing found'] });
  });

  it.each(['stord', 'stored.jsn'])(
    'a drop of %s, which is nowhere, fails and names the corpus that was meant',
    async (typed) => {
      checkSaid(await workspace.run(['drop', typed, '--yes']), {
        exit: 2,
        says: ['corpus-unknown', `holds anything of "${typed}". Did you mean "stored"?`],
      });
    },
  );

  it('summary and status tell once of a name that two corpus.json have, and name both files', async () => {
    workspace.write({ 'more/corpus.json': { name: 'docs', input: '../docs/chunks.json' } });
    for (const command of ['summary', 'status']) {
      const { exit, stdout } = await workspace.run([command]);
      expect(stdout.match(/^docs {2}.*/gm)).toEqual([
        expect.stringMatching(/^docs {2}NOT KNOWN: name: docs\/corpus\.json and more\/corpus\.json have the same name/),
      ]);
      if (command === 'summary') expect(stdout).toMatch(/\n\nNOT IN STEP: docs\n$/);
      expect(exit).not.toBe(0);
    }
  });
});
