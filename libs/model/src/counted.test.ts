import { expect, it } from 'vitest';
import { counted } from './counted.ts';

it.each([
  [0, '0 texts'],
  [1, '1 text'],
  [2, '2 texts'],
])('%d of the noun "text" reads "%s"', (count, text) => {
  expect(counted(count, 'text')).toBe(text);
});
