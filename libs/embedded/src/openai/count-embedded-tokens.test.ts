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
])('counts the tokens of %j with the two special ones and without padding', (text, tokens) => {
  expect(countEmbeddedTokens(text)).toBe(tokens);
});

it.each([127, 254, 255, 5_000])('goes on counting at %d words, where the tokenizer file pads and cuts', (words) => {
  expect(countEmbeddedTokens('word '.repeat(words))).toBe(words + 2);
});
