import fc from 'fast-check';
import { expect, it } from 'vitest';
import { meanVector } from './mean-vector.ts';

it('weighs each vector, and gives the mean the length 1', () => {
  const mean = meanVector([
    { vector: Float32Array.of(1, 0), weight: 3 },
    { vector: Float32Array.of(0, 1), weight: 4 },
  ]);
  expect([...mean]).toEqual([Math.fround(0.6), Math.fround(0.8)]);
});

it('has length 1 and the same bytes each time', () => {
  const value = fc.float({ min: Math.fround(0.01), max: 1, noNaN: true });
  const part = fc.record({
    vector: fc.array(value, { minLength: 5, maxLength: 5 }),
    weight: fc.integer({ min: 1, max: 8192 }),
  });
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 64 }), (parts) => {
      const vectors = parts.map(({ vector, weight }) => ({ vector: Float32Array.from(vector), weight }));
      const mean = meanVector(vectors);
      expect(Math.hypot(...mean)).toBeCloseTo(1, 6);
      expect(meanVector(vectors)).toEqual(mean);
    }),
  );
});

it('refuses vectors that cancel each other out, which have no direction', () => {
  const vectors = [1, -1].map((value) => ({ vector: Float32Array.of(value, value), weight: 1 }));
  expect(() => meanVector(vectors)).toThrow(/cancel/);
});
