import { expect, it } from 'vitest';
import { fitted } from './fitted.ts';

const LINES = [
  'chunks verify: in step (all fields): input 59, cache 59, qdrant 59, neon 59',
  '  embed    59 texts, 59 embedded in 15 requests',
  '  short    fits',
].join('\n');

it('a text in a terminal is broken between words, and goes on under what it belongs to', () => {
  expect(fitted(LINES, { isTTY: true, columns: 40 }, {}).split('\n')).toEqual([
    'chunks verify: in step (all fields):',
    '  input 59, cache 59, qdrant 59, neon 59',
    '  embed    59 texts, 59 embedded in 15',
    '           requests',
    '  short    fits',
  ]);
});

it.each([
  ['a pipe', { columns: 40 }, {}],
  ['a task of Nx', { isTTY: true, columns: 40 }, { NX_TASK_TARGET_PROJECT: 'docs' }],
  ['a terminal that is wide enough', { isTTY: true, columns: 80 }, {}],
])('a text in %s keeps one fact a line', (_, target, environment) => {
  expect(fitted(LINES, target, environment)).toBe(LINES);
});

it('a word that is wider than the terminal is not cut, and colour takes no room', () => {
  const path = '.lockstep/a-corpus-with-a-long-name/validate/rejects.jsonl';
  expect(fitted(`  see ${path} now`, { isTTY: true, columns: 40 }, {}).split('\n')).toEqual([
    '  see',
    `    ${path}`,
    '    now',
  ]);
  const green = '\u001B[32mexactly twenty chars\u001B[39m';
  expect(fitted(green, { isTTY: true, columns: 20 }, {})).toBe(green);
});

it('letters of two columns count as two', () => {
  expect(fitted('語語語語 語語語語 語語語語', { isTTY: true, columns: 20 }, {}).split('\n')).toHaveLength(2);
});
