import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { COMMANDS } from '../commands.ts';
import { candidates } from './candidates.ts';
import { COMPLETION_SCRIPTS } from './completion-scripts.ts';

const folder = mkdtempSync(join(tmpdir(), 'lockstep-completion-'));
beforeAll(() => {
  writeFileSync(join(folder, 'nx.json'), '{}');
  for (const name of ['notes', 'novels']) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'corpus.json'), JSON.stringify({ name, input: 'chunks.json' }));
  }
  // The program as it is found on the PATH.
  const program = join(import.meta.dirname, '../../bin/indexer.js');
  writeFileSync(join(folder, 'indexer'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  chmodSync(join(folder, 'indexer'), 0o700);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const words = async (...typed: string[]) => (await candidates(COMMANDS, typed, folder)).map(({ word }) => word);

it.each([
  [['pl'], ['plan']],
  [
    ['cache', ''],
    ['recover', 'repair'],
  ],
  [['help', 'ver'], ['verify']],
  [['--ver'], ['--version']],
  [
    ['plan', 'no'],
    ['notes', 'novels'],
  ],
  [['search', 'whale', '--corpus', 'nov'], ['novels']],
  [['drop', 'nov'], ['novels']],
  [['plan', 'notes', '--max-c'], ['--max-cost']],
  [['validate', '--qdrant'], []],
  [
    ['verify', '--level', 'co'],
    ['counts', 'content'],
  ],
  [
    ['verify', '--level=co'],
    ['--level=counts', '--level=content'],
  ],
  [['verify', '--level', '=', 'con'], ['content']],
  [
    ['completion', ''],
    ['bash', 'zsh', 'fish'],
  ],
  [['plan', 'docs/'], []],
  [['bogus', ''], []],
])('after %j come %j', async (typed, expected) => {
  expect(await words(...typed)).toEqual(expected);
});

it.skipIf(process.platform === 'win32')(
  'the script of bash completes commands, values and corpora, and evaluates nothing that is typed',
  () => {
    const complete = (line: string) => {
      const typed = line.split(' ').map((word) => `'${word}'`);
      const script = `${COMPLETION_SCRIPTS.bash}\nCOMP_WORDS=(${typed.join(' ')}); COMP_CWORD=${typed.length - 1}\n_lockstep; echo "\${COMPREPLY[*]}"`;
      const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}` };
      return execFileSync('bash', ['--norc', '-c', script], { cwd: folder, env, encoding: 'utf8' }).trim();
    };
    expect(complete('indexer pl')).toBe('plan');
    expect(complete('indexer plan no')).toBe('notes novels');
    expect(complete('indexer verify --level =')).toBe('counts ids content vectors');
    expect(complete('indexer plan $(touch${IFS}evaluated) --max-d')).toBe('--max-delete-percent');
    expect(execFileSync('ls', [folder], { encoding: 'utf8' })).not.toContain('evaluated');
  },
);
