import { expect, it } from 'vitest';
import { createStubEmbedder } from './stub-embedder.ts';

it('the stub embedder counts and charges a token for each word, over its limit as well', async () => {
  const embedder = createStubEmbedder({ inputTokensMax: 2 });
  const texts = ['', ' one ', 'one  two\nthree'];
  expect(texts.map((text) => embedder.countTokens(text))).toEqual([0, 1, 3]);
  expect((await embedder.embed(texts)).tokens).toBe(4);
});
