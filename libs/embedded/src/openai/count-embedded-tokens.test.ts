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
