import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runIndexer, type IndexerRun } from '../support/run-indexer.ts';

const A = '[{"id":"a","text":"Alpha"}]';
const B = '{"id":"b","text":"Beta"}\n{"id":"c"}\n';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'lockstep-several-'));
  put('docs/a.json', A);
  put('docs/more/b.jsonl', B);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

const validate = (...args: string[]): Promise<IndexerRun> => runIndexer(root, ['validate', ...args, '--json']);

/** The receipt of a validate that succeeded. */
async function receiptOf(...args: string[]): Promise<ReturnType<typeof JSON.parse>> {
  const { exit, stdout, stderr } = await validate(...args);
  expect(exit, stderr).toBe(0);
  return JSON.parse(stdout);
}

const rejectsOf = (corpus: string): string[] =>
  readFileSync(join(root, '.lockstep', corpus, 'validate/rejects.jsonl'), 'utf8')
    .split('\n')
    .slice(0, -1);

describe('several files on the command line', () => {
  it('a folder is one corpus of all its files of chunks, and the files that are left out are named', async () => {
    put('docs/README.md', '# Chunks');
    put('docs/node_modules/x/package.json', '{');
    put('docs/.cache/x.json', '{');
    const { exit, stdout, stderr } = await validate('docs');
    expect(exit, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      corpus: 'docs',
      records: 3,
      accepted: 2,
      files: { count: 2, shapes: [{ shape: 'lockstep', files: 2 }] },
    });
    expect(stderr).toContain('files-left-out count=1 files=docs/README.md');
    expect(rejectsOf('docs').map((line) => JSON.parse(line) as object)).toMatchObject([
      { file: 'docs/more/b.jsonl', index: 1, line: 2, chunk_id: 'c' },
    ]);
  });

  it('files, folders and patterns are read in the order in which they are given, and a file that is given twice once', async () => {
    put('z.json', '[{"id":"a","text":"Zeta"},{"id":"z","text":"Zeta"}]');
    const receipt = await receiptOf('z.json', 'docs/*.json', 'docs', './z.json', '--corpus', 'all');
    expect(receipt).toMatchObject({ corpus: 'all', accepted: 3, files: { count: 3 } });
    expect(rejectsOf('all').join('\n')).toContain('record 1 of z.json, line 1, has the same id');
  });

  it('a corpus of files that are in one folder, or of a pattern, is named after the folder', async () => {
    put('docs/b.json', '[{"id":"e","text":"Epsilon"}]');
    expect(await receiptOf('docs/a.json', 'docs/b.json')).toMatchObject({ corpus: 'docs', accepted: 2 });
    expect(await receiptOf('docs/*.json')).toMatchObject({ corpus: 'docs', accepted: 2 });
    expect(await receiptOf('docs/**/*.json*')).toMatchObject({ corpus: 'docs', accepted: 3 });
  });

  it('a plan reuses the chunks of files that did not change, and reads them again when one did', async () => {
    const args = ['plan', 'docs', '--json', '--only', 'qdrant', '--verbose'];
    await receiptOf('docs');
    const first = await runIndexer(root, args);
    expect(first.exit, first.stderr).toBe(0);
    expect(first.stderr).not.toContain('corpus-validated');
    put('docs/more/c.json', '[{"id":"d","text":"Delta"}]');
    const second = await runIndexer(root, args);
    expect(second.stderr).toContain('corpus-validated');
    expect(JSON.parse(second.stdout)).toMatchObject({ input: { accepted: 3 } });
  });

  it.each<[args: string[], exit: number, says: RegExp]>([
    [['docs/*.txt'], 2, /"docs\/\*\.txt" matches no file\./],
    [['empty'], 2, /"empty" is a folder without a corpus\.json and without a file of chunks .*found no other file\./],
    [['foreign'], 2, /found a\.pdf, b\.md, c\.md, d\.md, e\.md and 1 more\./],
    [['docs/a.json', 'z.json'], 2, /has no name for its corpus\. Give one with --corpus\./],
    [['docs/a.json', 'none.json'], 2, /"none\.json" does not exist\./],
    [['docs/a.json', 'own'], 2, /own is a corpus of its own; expected it alone, or files of chunks\./],
    [['docs/a.json', 'own/corpus.json'], 2, /own\/corpus\.json is a corpus of its own/],
    [['docs', 'foreign/a.pdf', '--corpus', 'x'], 1, /foreign\/a\.pdf: The input is a PDF/],
  ])('the sources %j are refused with a message about what is wrong', async (args, exit, says) => {
    put('empty/.keep', '');
    for (const name of ['a.pdf', 'b.md', 'c.md', 'd.md', 'e.md', 'f.md']) put(`foreign/${name}`, '%PDF-1.7\n');
    put('own/corpus.json', '{"name":"own","input":"a.json"}');
    put('z.json', A);
    const run = await validate(...args);
    expect([run.exit, run.stderr]).toEqual([exit, expect.stringMatching(says)]);
  });
});
