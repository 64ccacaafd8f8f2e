import { parseEnv } from 'node:util';
import { expect, it } from 'vitest';
import { readEnvFile } from './env-file.ts';

const valuesOf = (text: string) =>
  Object.fromEntries(readEnvFile(text).entries.map(({ name, value }) => [name, value]));

it.each([
  'A=1\nB=2\n',
  '# a comment\n\n  # another\nexport A = 1 # one\n\texport B=2',
  `A="x # y" # z\nB='1'\nC=\`q\`\n`,
  'A="first\nsecond"\nB=\'{\n  "key": 1\n}\'\nC=3\n',
  'A="a\\nb"\nB=x#y\nC=postgresql://u:p@h/d?sslmode=require',
  'A=\nB=""\nA.b-c=1\nA=2\n',
])('a .env that is well formed sets what Node itself reads in it: %j', (text) => {
  const { malformed } = readEnvFile(text);
  expect(malformed).toEqual([]);
  expect(valuesOf(text)).toEqual({ ...parseEnv(text) });
  expect(valuesOf(text.replaceAll('\n', '\r\n')), 'with CR LF').toEqual(valuesOf(text));
});

it('an empty value ends in its line, also with a space after it', () => {
  expect(valuesOf('A= \nB=\t\nC=3')).toEqual({ A: '', B: '', C: '3' });
});

it.each([
  ['A "x"', 'expected NAME=value'],
  ['A: x', 'expected NAME=value'],
  ['A B=x', 'expected NAME=value'],
  ['===', 'expected NAME=value'],
  ['=x', 'expected NAME=value'],
  ['A="x', 'expected a closing "'],
  ["A='x\ny", "expected a closing '"],
  ['A="x"y', 'expected nothing after the closing "'],
  ['A="x\\"y"', 'expected nothing after the closing "'],
])('%j is malformed, and the lines around it set their variables', (text, expected) => {
  const { entries, malformed } = readEnvFile(`BEFORE=1\n${text}\nAFTER=2\n`);
  expect(malformed[0]).toMatchObject({ line: 2, expected });
  expect(entries.map(({ name, value }) => [name, value])).toEqual([
    ['BEFORE', '1'],
    ['AFTER', '2'],
  ]);
});

it('an entry tells all lines that it stands in', () => {
  expect(readEnvFile('\nA="1\n2\n3"\nB=4').entries).toEqual([
    { name: 'A', value: '1\n2\n3', lines: ['A="1', '2', '3"'], line: 2 },
    { name: 'B', value: '4', lines: ['B=4'], line: 5 },
  ]);
});
