import { expect, it } from 'vitest';
import { vectorDistance, VECTOR_TOLERANCE } from './vector-distance.ts';

const of = (...values: number[]): Float32Array => Float32Array.from(values);

it('vectorDistance compares the directions of vectors, whatever their lengths', () => {
  expect(vectorDistance(of(1, 0), of(5, 0))).toBe(0);
  expect(vectorDistance(of(1, 0), of(0, 3))).toBeCloseTo(Math.SQRT2, 10);
  expect(vectorDistance(of(1, 0), of(-1, 0))).toBe(2);
});

it('vectorDistance is infinite for other sizes, zero vectors and numbers that are not finite', () => {
  for (const bad of [of(1), of(0, 0), of(Number.NaN, 1), of(Number.POSITIVE_INFINITY, 1), of()]) {
    expect(vectorDistance(of(1, 0), bad)).toBe(Number.POSITIVE_INFINITY);
  }
});

it('a vector of 3,072 dimensions that was scaled to unit length in float32 is within the tolerance', () => {
  const vector = Float32Array.from({ length: 3072 }, (_, at) => Math.sin(at * 12.9898) * 0.05);
  const norm = Math.hypot(...vector);
  expect(
    vectorDistance(
      vector,
      vector.map((value) => value / norm),
    ),
  ).toBeLessThan(VECTOR_TOLERANCE);
  expect(vectorDistance(vector, vector.with(7, (vector[7] as number) + 0.001))).toBeGreaterThan(VECTOR_TOLERANCE);
});
