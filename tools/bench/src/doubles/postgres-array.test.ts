import { expect, it } from 'vitest';
import { parsePostgresArray } from './postgres-array.ts';

it.each([
  ['{}', []],
  ['{1,2}', ['1', '2']],
  ['{NULL,"NULL",a}', [null, 'NULL', 'a']],
  ['{"a, b","c \\"d\\" \\\\ e","{}","x\ny",""}', ['a, b', 'c "d" \\ e', '{}', 'x\ny', '']],
])('parses %s', (text, items) => {
  expect(parsePostgresArray(text)).toEqual(items);
});
