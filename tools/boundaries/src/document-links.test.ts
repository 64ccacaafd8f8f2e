import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { brokenLinks } from './document-links.ts';

test('every link in the Markdown files of this repository leads to a file, a folder or a heading that exists', () => {
  expect(brokenLinks(resolve(import.meta.dirname, '../../..'))).toEqual([]);
});

test('a link to a missing file, a missing heading or an ignored file is named with its file', () => {
  const root = mkdtempSync(join(tmpdir(), 'lockstep-links-'));
  try {
    const files = {
      '.gitignore': 'private.md\n',
      'private.md': '',
      'docs/a.md': [
        '# One `two` & _three_',
        '## Again',
        '## Again',
        '```sh',
        '# In a block',
        '[no link](missing.md)',
        '```',
        'Right: [1](#one-two--three) [2](#again-1) [3](b.md) [4](../docs) [5](https://example.org/x#y) `[no link](missing.md)`',
        'Wrong: [6](missing.md) [7](#in-a-block) [8](b.md#none) [9](../private.md) [10](B.md "title") [11][named]',
        '[named]: nowhere.md',
      ].join('\n'),
      'docs/b.md': 'Back to [a](a.md#again).',
    };
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    execFileSync('git', ['init', '-q'], { cwd: root });
    expect(brokenLinks(root)).toEqual(
      ['missing.md', '#in-a-block', 'b.md#none', '../private.md', 'B.md', 'nowhere.md'].map(
        (link) => `docs/a.md: ${link}`,
      ),
    );
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
