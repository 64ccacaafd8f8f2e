import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runIndexer } from '../support/run-indexer.ts';

const FIELD = join(import.meta.dirname, '../../../../fixtures/field');

/** Tests of situations, which are more than what a file holds: each names the folder whose situation it shows. */
const TESTS = [
  'field-cases.int.test.ts',
  'outcomes.int.test.ts',
  'corpus-identity.long.test.ts',
  'inspect.int.test.ts',
  'inputs-read-once.int.test.ts',
  '../../../../libs/pipeline/src/stages/field-files.test.ts',
];

describe('situations of people with their files', { timeout: 240_000 }, () => {
  let root: string;
  const run = (...args: string[]) => runIndexer(root, args);

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'lockstep-field-'));
    writeFileSync(join(root, 'nx.json'), '{}');
    cpSync(FIELD, root, { recursive: true });
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it.each<[situation: string, args: string[], exit: number, says: RegExp]>([
    [
      'over-256-default',
      ['over-256-default/chunks.jsonl'],
      0,
      /5 accepted\n.*5 texts .* are embedded whole: 10 windows/s,
    ],
    ['folder-of-files', ['folder-of-files/in'], 0, /^in validate: 2 records, 2 accepted\n.*read from 2 files/ms],
    ['folder-of-files', ['folder-of-files/in/a.json', 'folder-of-files/in/b.json'], 0, /^in validate: 2 records/m],
    ['parquet-name', ['parquet-name/train.parquet'], 1, /The input is Parquet that cannot be read/],
    ['zst-name', ['zst-name/chunks.jsonl.zst'], 1, /The input is zstd, but cut, damaged,/],
    ['cjk-file-name', ['cjk-file-name/報告A.json'], 0, /^a-e00c942e validate: 1 record, 1 accepted/m],
    ['cjk-file-name', ['cjk-file-name/資料A.json'], 0, /^a-ab3d2136 validate: 1 record, 1 accepted/m],
    [
      'most-rejected-exit-0',
      ['most-rejected-exit-0/chunks.jsonl'],
      1,
      /25 records have the id .*\["url","chunk_id"\]/s,
    ],
    [
      'nx-rejects-green',
      ['nx-rejects-green/chunks.jsonl', '--corpus', 'green'],
      0,
      /2 accepted, 1 rejected.* LEFT OUT: 1 of 3 records rejected \(1 duplicate-id\).*^ {2}duplicate-id: record /ms,
    ],
  ])('%s: validate %j', async (_situation, args, exit, says) => {
    const ended = await run('validate', ...args);
    expect({ exit: ended.exit, text: `${ended.stdout}${ended.stderr}` }).toEqual({
      exit,
      text: expect.stringMatching(says) as string,
    });
  });

  it('each folder of fixtures/field is named by the test of its outcome', () => {
    const text = TESTS.map((file) => readFileSync(join(import.meta.dirname, file), 'utf8')).join('');
    const folders = readdirSync(FIELD).filter((name) => name !== 'README.md');
    expect(folders.filter((name) => !new RegExp(`['\\b: ]${name}['\\b:/ ]`).test(text))).toEqual([]);
  });
});
