import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dotAt, normalise, readVector, vectorBytes, vectorJson } from './vector.ts';

const float = fc.float({ noNaN: true, noDefaultInfinity: true });

describe('vectors', () => {
  it('a vector has the same float32 numbers after it was stored as bytes', () => {
    fc.assert(
      fc.property(fc.array(float, { minLength: 1, maxLength: 20 }), (numbers) => {
        const text = vectorJson(vectorBytes(readVector(numbers, 'vector')));
        expect((JSON.parse(text) as number[]).map((one) => one + 0)).toEqual(numbers.map((one) => one + 0));
      }),
    );
  });

  it('a normalised vector has length 1, even if it was very long or short', () => {
    for (const scale of [1e30, 1, 1e-3]) {
      const vector = normalise(readVector([3 * scale, 0, -4 * scale], 'vector'), 3);
      expect(vector[0]).toBeCloseTo(0.6, 6);
      expect(vector[2]).toBeCloseTo(-0.8, 6);
    }
  });

  it('a vector is not changed if its squared length is within 1e-6 of 1, and only then', () => {
    const within = readVector([Math.sqrt(1 + 9e-7), 0], 'vector');
    expect(normalise(within.slice(), 2)).toEqual(within);
    const beyond = readVector([Math.sqrt(1 + 2e-6), 0], 'vector');
    expect(normalise(beyond.slice(), 2)).toEqual(Float32Array.of(1, 0));
  });

  it.each([[[0, 0]], [[-0, 1e-4]], [[1e-5, 1e-5]]])('the vector %j is refused, since it has no direction', (numbers) =>
    expect(() => normalise(readVector(numbers, 'vector'), 2)).toThrow('zero vector'),
  );

  it.each([
    [[1, null], 'vector[1] is null'],
    [['1'], 'vector[0] is string'],
    [[1e39], 'vector[0] is not a finite float32'],
    [JSON.parse('[1e999]'), 'vector[0] is not a finite float32'],
    [{ dense: [1] }, 'Not existing vector name error: dense'],
    [{}, 'a point without a vector'],
    [[[1]], 'vector[0] is object'],
    [null, 'missing field `vector`'],
    ['text', 'must be an array of numbers'],
  ])('the vector %j is refused', (value, message) => expect(() => readVector(value, 'vector')).toThrow(message));

  it('dotAt is the plain sum of products, for any length and offset', () => {
    const lists = fc
      .integer({ min: 1, max: 13 })
      .chain((length) =>
        fc.tuple(
          fc.array(fc.integer({ min: -9, max: 9 }), { minLength: length, maxLength: length }),
          fc.array(fc.integer({ min: -9, max: 9 }), { minLength: length * 3, maxLength: length * 3 }),
        ),
      );
    fc.assert(
      fc.property(lists, fc.nat(2), ([query, all], place) => {
        const offset = place * query.length;
        const plain = query.reduce((sum, one, index) => sum + one * (all[offset + index] ?? 0), 0);
        expect(dotAt(Float32Array.from(query), Float32Array.from(all), offset)).toBe(plain);
      }),
    );
  });
});
