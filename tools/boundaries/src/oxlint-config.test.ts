import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const REPOSITORY = resolve(import.meta.dirname, '../../..');
const OXLINT = join(dirname(fileURLToPath(import.meta.resolve('oxlint/package.json'))), 'bin/oxlint');

/** Runs oxlint with the repository's configuration on one file in an empty folder; the lines that name the file. */
async function lint(path: string, text: string): Promise<string[]> {
  const root = mkdtempSync(join(tmpdir(), 'oxlint-'));
  try {
    copyFileSync(join(REPOSITORY, '.oxlintrc.json'), join(root, '.oxlintrc.json'));
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    const output = await new Promise<string>((done) => {
      execFile(process.execPath, [OXLINT, '--format', 'unix'], { cwd: root }, (_error, stdout) => done(stdout));
    });
    return output.split('\n').filter((line) => line.startsWith(path));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const FORBIDDEN = [
  'process.env',
  'Buffer.alloc(1)',
  'Deno',
  'Bun',
  'global',
  '__dirname',
  'globalThis.process',
  `await import('node:fs/promises')`,
].map((expression, index) => `export const value${index} = ${expression};`);

test('oxlint refuses globals and modules of a runtime in a runtime:any file', async () => {
  const lines = await lint('libs/model/src/bad.ts', FORBIDDEN.join('\n'));
  expect(lines.map((line) => line.replace(/^.*?:(\d+):\d+: .*\((.*)\)\]$/, '$1 $2')).toSorted()).toEqual([
    '1 no-restricted-globals',
    '2 no-restricted-globals',
    '3 no-restricted-globals',
    '4 no-restricted-globals',
    '5 no-restricted-globals',
    '6 no-restricted-globals',
    '7 no-restricted-properties',
    '8 no-restricted-imports',
  ]);
});

test.for(['libs/model/src/free.test.ts', 'libs/file-lock/src/free.ts'])(
  'oxlint allows globals and modules of a runtime in %s',
  async (path) => {
    expect(await lint(path, FORBIDDEN.join('\n'))).toEqual([]);
  },
);

test('oxlint allows writing to the console in apps and tools only', async () => {
  const text = `console.log('here');`;
  expect(await lint('libs/file-lock/src/loud.ts', text)).toEqual([expect.stringContaining('no-console')]);
  expect(await lint('apps/indexer/src/loud.ts', text)).toEqual([]);
  expect(await lint('tools/boundaries/src/loud.ts', text)).toEqual([]);
});
