import { describe, expect, it } from 'vitest';
import type { CollectionFacts } from '@lockstep/model';
import { createVectorCheck, vectorDistance } from './vector-distance.ts';

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

/** The check for a collection of a datatype, and how often it asked for it. */
function checkFor(datatype: string) {
  const asked = { times: 0 };
  const inspect = async (): Promise<CollectionFacts> => {
    asked.times += 1;
    return { dimensions: 3072, distance: 'Cosine', datatype };
  };
  return { isSame: createVectorCheck({ inspect }, {}), asked };
}

describe('a stored vector of 3,072 dimensions', () => {
  const sent = Float32Array.from({ length: 3072 }, (_, at) => Math.sin(at * 12.9898) * 0.05);
  const norm = Math.hypot(...sent);
  const scaled = sent.map((value) => value / norm);
  /** Each number cut to 11 bits: twice the error of rounding. */
  const half = scaled.map((value) => {
    const unit = 2 ** (Math.floor(Math.log2(Math.abs(value) || 1)) - 10);
    return Math.trunc(value / unit) * unit;
  });

  it('is the one that was sent when it was scaled to unit length in float32, and nothing is asked', async () => {
    const { isSame, asked } = checkFor('float32');
    expect(await isSame(sent, scaled)).toBe(true);
    expect(asked.times).toBe(0);
  });

  it('is the one that was sent with 11 bits a number where the collection stores float16, for which it is asked once', async () => {
    const { isSame, asked } = checkFor('float16');
    expect(await isSame(sent, half)).toBe(true);
    expect(await isSame(sent, half)).toBe(true);
    expect(asked.times).toBe(1);
    expect(await checkFor('float32').isSame(sent, half)).toBe(false);
  });

  it.each(['float32', 'float16'])('is another one when a number differs by a hundredth: %s', async (datatype) => {
    const { isSame, asked } = checkFor(datatype);
    expect(await isSame(scaled, scaled.with(7, (scaled[7] as number) + 0.01))).toBe(false);
    expect(asked.times).toBe(0);
  });
});
