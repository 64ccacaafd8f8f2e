import type { CallOptions, VectorStore } from '@lockstep/model';

/**
 * How far apart the directions of two vectors may be to count as the same, by the datatype of the collection.
 *
 * float32: a cosine collection scales vectors to unit length, which moves each number by at most a few units in the last place (2^-23).
 * float16: each number is rounded to 11 bits, by at most 2^-12 of itself, before and after it is scaled (IEEE 754 binary16).
 * Quantisation changes neither: Qdrant keeps the vectors that it was sent beside the quantised ones, and returns those.
 */
const TOLERANCE = { float32: 1e-5, float16: 1e-3 };

/** Says whether a stored vector is the expected one, as exactly as its collection stores vectors. */
export type VectorCheck = (expected: Float32Array, stored: Float32Array) => Promise<boolean>;

/** The check for one collection. It asks how vectors are stored when one is found that only the datatype can explain, and once. */
export function createVectorCheck(vectors: Pick<VectorStore, 'inspect'>, call: CallOptions): VectorCheck {
  let isHalf: Promise<boolean> | undefined;
  return async (expected, stored) => {
    const distance = vectorDistance(expected, stored);
    if (distance <= TOLERANCE.float32) return true;
    if (distance > TOLERANCE.float16) return false;
    isHalf ??= vectors.inspect(call).then((facts) => facts?.datatype === 'float16');
    return isHalf;
  };
}

/** Euclidean distance of two vectors scaled to unit length, 0 to 2; infinite where they differ in size or are zero. */
export function vectorDistance(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  const scaleA = 1 / norm(a);
  const scaleB = 1 / norm(b);
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) {
    const difference = (a[at] as number) * scaleA - (b[at] as number) * scaleB;
    sum += difference * difference;
  }
  const distance = Math.sqrt(sum);
  return Number.isFinite(distance) ? distance : Number.POSITIVE_INFINITY;
}

function norm(vector: Float32Array): number {
  let sum = 0;
  for (const value of vector) sum += value * value;
  return Math.sqrt(sum);
}
