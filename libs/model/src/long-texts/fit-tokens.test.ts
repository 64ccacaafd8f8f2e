import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fitTokens } from './fit-tokens.ts';

/** A token for each character, two for each beyond the basic plane. */
const count = (text: string) => [...text].reduce((sum, character) => sum + character.length, 0);

it('fitTokens gives the longest beginning of whole characters that fits', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.integer({ min: 0, max: 40 }), (text, max) => {
      const fitted = fitTokens(text, max, count);
      expect(text.startsWith(fitted)).toBe(true);
      expect(fitted.isWellFormed()).toBe(true);
      expect(count(fitted)).toBeLessThanOrEqual(max);
      const [next = ''] = text.slice(fitted.length);
      expect(next === '' || count(fitted + String.fromCodePoint(text.codePointAt(fitted.length) as number)) > max).toBe(
        true,
      );
    }),
  );
});

it('fitTokens returns a text that fits as it is', () => {
  expect(fitTokens('abc', 3, count)).toBe('abc');
});
