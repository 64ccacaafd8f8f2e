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
])('counts %o as the published examples of cl100k_base do', (text, tokens) => {
  expect(countCl100kTokens(text)).toBe(tokens);
});

it('counts as many tokens as encoding gives', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
      fc.pre(!text.includes('\uFEFF'));
      expect(countCl100kTokens(text)).toBe(encode(text, { disallowedSpecial: new Set() }).length);
    }),
    { numRuns: 200 },
  );
});

it('takes special tokens in a text for text', () => {
  expect(countCl100kTokens('<|endoftext|>')).toBeGreaterThan(1);
});

it.each([
  ['before and after a word', '\uFEFFhello\uFEFF world', 4],
  ['within a number', '12\uFEFF34', 3],
  ['and nothing else', '\uFEFF'.repeat(9_000), 9_000],
])('counts each byte order mark as a token, %s', (_where, text, tokens) => {
  expect(countCl100kTokens(text)).toBe(tokens);
});
