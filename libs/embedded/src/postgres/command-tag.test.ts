import { expect, it } from 'vitest';

import { parseCommandTag } from './command-tag.ts';

it.each([
  ['SELECT 3', 'SELECT', 3],
  ['INSERT 0 5', 'INSERT', 5],
  ['DELETE 0', 'DELETE', 0],
  ['CREATE TABLE', 'CREATE', null],
  ['BEGIN', 'BEGIN', null],
  ['', '', null],
])('splits the command tag %j', (tag, command, rowCount) => {
  expect(parseCommandTag(tag)).toEqual({ command, rowCount });
});
