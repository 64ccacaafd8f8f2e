/**
 * How far apart the directions of two vectors may be to count as the same. A cosine collection scales vectors to unit
 * length in float32, which moves each number by at most a few units in the last place (2^-23).
 */
export const VECTOR_TOLERANCE = 1e-5;

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
