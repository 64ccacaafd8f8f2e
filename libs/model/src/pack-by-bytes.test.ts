import fc from 'fast-check';
import { expect, it } from 'vitest';
import { packByBytes } from './pack-by-bytes.ts';

it('packByBytes keeps the order of items, and only a single item that is too large exceeds the limit', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 12 })), fc.integer({ min: 1, max: 20 }), (weights, max) => {
      const packed = packByBytes(weights, max, (weight) => weight);
      expect(packed.flat()).toEqual(weights);
      const sum = (request: readonly number[]) => request.reduce((total, weight) => total + weight, 0);
      for (const request of packed) expect(request.length === 1 || sum(request) <= max).toBe(true);
      for (const [at, request] of packed.entries()) {
        const next = packed[at + 1]?.[0];
        if (next !== undefined) expect(sum(request) + next).toBeGreaterThan(max);
      }
    }),
  );
});
