import { expect, it } from 'vitest';
import type { CacheEntry, EmbeddingReader } from '@lockstep/model';
import { createMemoryEmbeddings } from './memory-embeddings.ts';

const PAID = Float32Array.from([2, 0]);
const RECOVERED = Float32Array.from([1, 0]);
const paid = (...keys: string[]): CacheEntry[] => keys.map((key) => ({ key, vector: PAID }));
const recovered = (...keys: string[]): CacheEntry[] =>
  keys.map((key) => ({ key, vector: RECOVERED, isRecovered: true }));

async function* each(...keys: string[]): AsyncGenerator<string> {
  yield* keys;
}

/** Vectors and marks of the keys `a`, `b` and `c`. */
async function contentsOf(reader: EmbeddingReader) {
  const keys = ['a', 'b', 'c'];
  return { vectors: await reader.vectors(keys), recovered: await reader.areRecovered(keys) };
}

it('marks of recovered vectors go from the cache into a slice, and from there into another cache', async () => {
  const first = createMemoryEmbeddings();
  await first.cache.append([...recovered('a'), ...paid('b')]);
  const expected = { vectors: [RECOVERED, PAID, undefined], recovered: [true, false, false] };
  expect(await contentsOf(first.cache)).toEqual(expected);
  expect(await contentsOf(first.slice)).toEqual({
    vectors: [undefined, undefined, undefined],
    recovered: [false, false, false],
  });
  await first.cache.writeSlice(each('a', 'b'));
  expect(await contentsOf(first.slice)).toEqual(expected);
  first.paid.clear();
  first.recovered.clear();
  expect(await first.cache.adoptSlice()).toBe(2);
  expect(await contentsOf(first.cache)).toEqual(expected);
});

it('a paid vector replaces a recovered one, and any other repeat of a key changes nothing', async () => {
  const { cache, cost, slice } = createMemoryEmbeddings();
  await cache.append([...paid('a'), ...recovered('b', 'c')]);
  await cache.writeSlice(each('b'));
  await cache.append([...recovered('a', 'c'), ...paid('b'), ...recovered('b')]);
  const expected = { vectors: [PAID, PAID, RECOVERED], recovered: [false, false, true] };
  expect(await contentsOf(cache)).toEqual(expected);
  expect(cost).toMatchObject({ appends: 2, appended: 4 });
  await cache.writeSlice(each('a', 'b', 'c'));
  expect(await contentsOf(slice)).toEqual(expected);
  expect(await cache.adoptSlice()).toBe(0);
});
