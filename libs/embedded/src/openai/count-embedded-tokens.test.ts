import fc from 'fast-check';
import { fitTokens, textWindows } from '@lockstep/model';
import { expect, it } from 'vitest';

import { countEmbeddedTokens } from './count-embedded-tokens.ts';

it.each([
  ['', 2],
  ['hello', 3],
  ['Hello, world!', 6],
  ['unaffable', 5],
  ['日本', 4],
  ['[PAD]', 3],
  ['x'.repeat(101), 3],
])('the count of tokens in %j includes the two special ones and no padding', (text, tokens) => {
  expect(countEmbeddedTokens(text)).toBe(tokens);
});

it.each([127, 254, 255, 5_000])(
  'all tokens of %d words are counted, although the tokenizer file sets padding and truncation',
  (words) => {
    expect(countEmbeddedTokens('word '.repeat(words))).toBe(words + 2);
  },
);

it('windows of a text have no more tokens than they may, whatever is in it', () => {
  const max = 64;
  const measure = {
    identity: { model: 'm', host: null, dimensions: 1 },
    inputTokensMax: max,
    countTokens: countEmbeddedTokens,
    tokensOver: countEmbeddedTokens,
    fit: (text: string) => fitTokens(text, max, countEmbeddedTokens),
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
      const tokens = countEmbeddedTokens(long);
      fc.pre(tokens > max);
      const windows = textWindows(measure, long, tokens) ?? [];
      expect(windows.length).toBeGreaterThan(1);
      for (const window of windows) {
        expect(countEmbeddedTokens(window.text)).toBe(window.tokens);
        expect(window.tokens).toBeLessThanOrEqual(max);
      }
      expect(long.startsWith(windows[0]?.text ?? '-') && long.endsWith(windows.at(-1)?.text ?? '-')).toBe(true);
    }),
    { numRuns: 60 },
  );
});
