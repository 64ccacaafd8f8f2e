import fc from 'fast-check';
import { expect, it } from 'vitest';
import { plainNumbers } from './put-points.ts';

it('plain numbers are the same float32 when they are read back', () => {
  fc.assert(
    fc.property(fc.float32Array({ noNaN: true, noDefaultInfinity: true }), (vector) => {
      expect(Float32Array.from(JSON.parse(JSON.stringify(plainNumbers(vector))) as number[])).toEqual(
        vector.map((value) => value + 0),
      );
    }),
    { numRuns: 500 },
  );
});

it('plain numbers print with few digits where these identify the float32', () => {
  expect(JSON.stringify(plainNumbers(Float32Array.of(0.1, -0.03125, 0.012345679)))).toBe('[0.1,-0.03125,0.012345679]');
});

it('a vector with a number that is not finite is refused', () => {
  expect(() => plainNumbers(Float32Array.of(1, Number.NaN))).toThrow(/not finite/);
  expect(() => plainNumbers(Float32Array.of(Number.POSITIVE_INFINITY))).toThrow(/not finite/);
});
