import { invariant } from '../indexing-error.ts';

/** A vector with what it counts for in a mean. */
export interface WeightedVector {
  readonly vector: Float32Array;
  readonly weight: number;
}

/**
 * The weighted mean of vectors, with length 1. Computed with 64 bits and rounded once, so that equal vectors in equal
 * order give equal bytes.
 *
 * Source: https://cookbook.openai.com/examples/embedding_long_inputs, 2026-11, which weights by tokens too.
 */
export function meanVector(vectors: readonly WeightedVector[]): Float32Array {
  const sum = new Float64Array(vectors[0]?.vector.length ?? 0);
  for (const { vector, weight } of vectors) {
    for (let at = 0; at < sum.length; at += 1) sum[at] = (sum[at] as number) + weight * (vector[at] as number);
  }
  const length = Math.sqrt(sum.reduce((squares, value) => squares + value * value, 0));
  invariant(length > 0, 'the vectors of a text cancel each other out');
  return Float32Array.from(sum, (value) => value / length);
}
