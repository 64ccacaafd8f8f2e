import { createHash } from 'node:crypto';

/** The vector of the stub embedder for a text: always the same, of unit length. */
export function stubVector(input: string, dimensions: number): Float32Array<ArrayBuffer> {
  const seed = createHash('sha256').update(input).digest();
  const values = Float32Array.from({ length: dimensions }, (_, at) => {
    const byte = seed[at % seed.length] as number;
    return Math.sin(byte * 12.9898 + at * 78.233) + (byte - 128) / 256;
  });
  const norm = Math.hypot(...values);
  return values.map((value) => value / norm) as Float32Array<ArrayBuffer>;
}
