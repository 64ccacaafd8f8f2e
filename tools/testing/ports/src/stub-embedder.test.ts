import { expect, it } from 'vitest';
import { createStubEmbedder } from './stub-embedder.ts';

it('counts the words of a text for tokens, over the limit too, and charges as many', async () => {
  const embedder = createStubEmbedder({ inputTokensMax: 2 });
  const texts = ['', ' one ', 'one  two\nthree'];
  expect(texts.map((text) => embedder.countTokens(text))).toEqual([0, 1, 3]);
  expect((await embedder.embed(texts)).tokens).toBe(4);
});
