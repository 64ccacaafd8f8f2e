import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { utf8Bytes } from '@lockstep/model';
import { countCl100kTokens } from './count-tokens.ts';
import { OPENAI_LIMITS } from './models.ts';
import { packRequests } from './request-limits.ts';

/** One token for each word, so that tests can choose the weight of a text. */
const countWords = (text: string): number => text.split(' ').length;
const LIMITS = { inputTokensMax: 8, itemsMax: 3, requestTokensMax: 10 };

describe('packing requests', () => {
  it('no text gives no request', () => {
    expect(packRequests([], LIMITS, countWords)).toEqual([]);
  });

  it('a request holds at most the allowed number of texts', () => {
    expect(packRequests(['a', 'b', 'c', 'd', 'e', 'f', 'g'], LIMITS, countWords)).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
  });

  it('a request holds at most the allowed number of tokens, and is filled up to it', () => {
    const texts = ['a b c d e f', 'a b c d', 'a', 'a b c d e f g h i', 'a', 'a'];
    expect(packRequests(texts, LIMITS, countWords)).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
  });

  it('a text counts as a quarter of its bytes where that is more than its tokens', () => {
    const fourByBytes = '€€€€€x';
    expect(utf8Bytes(fourByBytes)).toBe(16);
    expect(packRequests([fourByBytes, fourByBytes, fourByBytes], LIMITS, () => 1)).toEqual([[0, 1], [2]]);
  });

  it('a text that is too large for any request gets one of its own', () => {
    expect(packRequests(['a', 'x'.repeat(100), 'b'], LIMITS, countWords)).toEqual([[0], [1], [2]]);
  });

  it('no tokens are counted where the bytes alone fit', () => {
    const count = vi.fn(countWords);
    expect(packRequests(['aaaaa', 'bbbbb'], LIMITS, count)).toEqual([[0, 1]]);
    expect(count).not.toHaveBeenCalled();
  });

  it('every text is in one request, in order, within the limits, and none fits into the request before', () => {
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

  it('requests of OpenAI’s limits are filled by number of texts, and by tokens', () => {
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
