import { describe, expect, it } from 'vitest';
import { inputOrigin } from './input-origin.ts';

const input = (shown: string, label: string, ...names: readonly string[]) => ({
  parts: names.map((name) => ({ kind: 'file', name, path: `/workspace/${name}` }) as const),
  shown,
  leftOut: [],
  label,
});

describe('what a corpus remembers of its input', () => {
  it.each([
    ['a file', input('a/chunks.json', 'chunks.json', 'a/chunks.json'), 'a/chunks.json', 'a-chunks'],
    ['a file at the root', input('chunks.json', 'chunks.json', 'chunks.json'), 'chunks.json', 'second-chunks'],
    ['a file outside', input('../x/c.json', 'c.json', '../x/c.json'), '../x/c.json', 'x-c'],
    [
      'a file whose name is lost',
      input('a/データ.json', 'データ.json', 'a/データ.json'),
      'a/データ.json',
      'a-1218bc48',
    ],
    ['a folder', input('docs/', 'docs', 'docs/a.json', 'docs/sub/b.json'), 'docs/', 'second-docs'],
    ['a folder of one file', input('x/docs/', 'docs', 'x/docs/a.json'), 'x/docs/', 'x-docs'],
    [
      'a list of all files of a folder',
      { ...input('docs/a.json docs/b.json', 'docs', 'docs/a.json', 'docs/b.json'), folder: 'docs/' },
      'docs/',
      'second-docs',
    ],
    [
      'a pattern of some files of a folder',
      input('docs/a*.json', 'docs', 'docs/a1.json', 'docs/a2.json'),
      'docs/a*.json',
      'docs-docs',
    ],
  ])('%s', (_, given, shown, secondName) => {
    expect(inputOrigin(given, 'name', true)).toEqual({ shown, secondName });
    expect(inputOrigin(given, 'name', false)).toEqual({ shown });
  });

  it('suggests another name than the one that is taken', () => {
    expect(inputOrigin(input('a/chunks.json', 'chunks.json', 'a/chunks.json'), 'a-chunks', true).secondName).toBe(
      'a-chunks-2',
    );
  });
});
