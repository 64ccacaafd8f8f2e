import fc from 'fast-check';
import { encode } from 'gpt-tokenizer/encoding/cl100k_base';
import { fitTokens, textWindows } from '@lockstep/model';
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

it('windows of a text have no more tokens than they may, whatever is in it', () => {
  const max = 64;
  const measure = {
    identity: { model: 'm', host: null, dimensions: 1 },
    inputTokensMax: max,
    countTokens: countCl100kTokens,
    tokensOver: countCl100kTokens,
    fit: (text: string) => fitTokens(text, max, countCl100kTokens),
  };
  const word = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.constantFrom(
      'the whale',
      'お誕生日おめでとう',
      '🐋🐋',
      'x'.repeat(150),
      '\n\n\n',
      '    ',
      '0123456789',
      '::<>{}',
    ),
  );
  const text = fc.array(word, { minLength: 40, maxLength: 200 });
  fc.assert(
    fc.property(text, fc.constantFrom(' ', ''), (words, between) => {
      const long = words.join(between);
      const tokens = countCl100kTokens(long);
      fc.pre(tokens > max);
      const windows = textWindows(measure, long, tokens) ?? [];
      expect(windows.length).toBeGreaterThan(1);
      for (const window of windows) {
        expect(countCl100kTokens(window.text)).toBe(window.tokens);
        expect(window.tokens).toBeLessThanOrEqual(max);
      }
      expect(long.startsWith(windows[0]?.text ?? '-') && long.endsWith(windows.at(-1)?.text ?? '-')).toBe(true);
    }),
    { numRuns: 60 },
  );
});
