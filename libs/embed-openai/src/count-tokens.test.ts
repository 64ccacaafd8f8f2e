import fc from 'fast-check';
import { encode } from 'gpt-tokenizer/encoding/cl100k_base';
import { expect, it } from 'vitest';
import { countCl100kTokens } from './count-tokens.ts';

it.each([
  ['', 0],
  ['hello world', 2],
  ['tiktoken is great!', 6],
  ['antidisestablishmentarianism', 6],
  ['2 + 2 = 4', 7],
  ['お誕生日おめでとう', 9],
])('the text %o has as many tokens as in the published examples of cl100k_base', (text, tokens) => {
  expect(countCl100kTokens(text)).toBe(tokens);
});

it('a text has as many tokens as its encoding', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
      fc.pre(!text.includes('\uFEFF'));
      expect(countCl100kTokens(text)).toBe(encode(text, { disallowedSpecial: new Set() }).length);
    }),
    { numRuns: 200 },
  );
});

it('special tokens in a text count as text', () => {
  expect(countCl100kTokens('<|endoftext|>')).toBeGreaterThan(1);
});

it.each([
  ['before and after a word', '\uFEFFhello\uFEFF world', 4],
  ['within a number', '12\uFEFF34', 3],
  ['without other text', '\uFEFF'.repeat(9_000), 9_000],
])('each byte order mark counts as a token: %s', (_where, text, tokens) => {
  expect(countCl100kTokens(text)).toBe(tokens);
});
