import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { utf8Bytes } from '@lockstep/model';
import { countCl100kTokens } from './count-tokens.ts';
import { OPENAI_LIMITS } from './models.ts';
import { packRequests } from './request-limits.ts';

/** One token for each word, so that tests can say what a text weighs. */
const countWords = (text: string): number => text.split(' ').length;
const LIMITS = { inputTokensMax: 8, itemsMax: 3, requestTokensMax: 10 };

describe('packing requests', () => {
  it('gives no request for no text', () => {
    expect(packRequests([], LIMITS, countWords)).toEqual([]);
  });

  it('keeps to the number of inputs', () => {
    expect(packRequests(['a', 'b', 'c', 'd', 'e', 'f', 'g'], LIMITS, countWords)).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
  });

  it('keeps to the tokens of a request, and fills it to the last one', () => {
    const texts = ['a b c d e f', 'a b c d', 'a', 'a b c d e f g h i', 'a', 'a'];
    expect(packRequests(texts, LIMITS, countWords)).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
  });

  it('counts a text as a quarter of its bytes where that is more than its tokens', () => {
    const fourByBytes = '€€€€€x';
    expect(utf8Bytes(fourByBytes)).toBe(16);
    expect(packRequests([fourByBytes, fourByBytes, fourByBytes], LIMITS, () => 1)).toEqual([[0, 1], [2]]);
  });

  it('gives a text that is too large for any request one of its own', () => {
    expect(packRequests(['a', 'x'.repeat(100), 'b'], LIMITS, countWords)).toEqual([[0], [1], [2]]);
  });

  it('counts no tokens where the bytes alone fit', () => {
    const count = vi.fn(countWords);
    expect(packRequests(['aaaaa', 'bbbbb'], LIMITS, count)).toEqual([[0, 1]]);
    expect(count).not.toHaveBeenCalled();
  });

  it('puts every text into one request, in order, within the limits, and no text could have gone before', () => {
    const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 60 }), { maxLength: 60 });
    const limits = fc.record({
      inputTokensMax: fc.constant(8192),
      itemsMax: fc.integer({ min: 1, max: 12 }),
      requestTokensMax: fc.integer({ min: 60, max: 300 }),
    });
    fc.assert(
      fc.property(texts, limits, (inputs, max) => {
        const requests = packRequests(inputs, max, countCl100kTokens);
        expect(requests.flat()).toEqual(inputs.map((_, index) => index));
        const weight = (at: number): number =>
          Math.max(countCl100kTokens(inputs[at] as string), utf8Bytes(inputs[at] as string) / 4);
        const weights = requests.map((request) => request.reduce((sum, at) => sum + weight(at), 0));
        for (const [at, request] of requests.entries()) {
          expect(request.length).toBeGreaterThan(0);
          expect(request.length).toBeLessThanOrEqual(max.itemsMax);
          if (request.length > 1) expect(weights[at]).toBeLessThanOrEqual(max.requestTokensMax);
          const next = requests[at + 1];
          if (next === undefined || request.length === max.itemsMax) continue;
          expect((weights[at] as number) + weight(next[0] as number)).toBeGreaterThan(max.requestTokensMax);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('fills requests of the real limits by inputs, and by tokens', () => {
    const short = packRequests(
      Array.from({ length: 5000 }, () => 'a'),
      OPENAI_LIMITS,
      countWords,
    );
    expect(short.map(({ length }) => length)).toEqual([2048, 2048, 904]);
    const long = packRequests(
      Array.from({ length: 100 }, () => 'word '.repeat(5999) + 'word'),
      OPENAI_LIMITS,
      countWords,
    );
    expect(long.map(({ length }) => length)).toEqual([40, 40, 20]);
  });
});
