import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createCollection, resolveCollection } from '../collections/collections.ts';
import { applyOperations, readDelete, readUpsert } from '../points/point-operations.ts';
import { type QdrantStorage, openQdrantStorage } from '../storage/qdrant-storage.ts';
import { VectorSegments } from './vector-segments.ts';

const ROWS = 4096;
const SEGMENT_BYTES = ROWS * (2 * 4 + 8);

async function withStorage(work: (storage: QdrantStorage) => Promise<void>): Promise<void> {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'qdrant-segments-'));
  const storage = await openQdrantStorage({ directory: directory.path });
  await storage.write((tx) => createCollection(tx, 'c', { vectors: { size: 2, distance: 'Cosine' } }));
  await work(storage);
  storage.close();
}

/** Adds points with the ids `first` to `first + count - 1`, whose vectors all have different directions. */
const add = (storage: QdrantStorage, first: number, count: number, name = 'c') => {
  const points = Array.from({ length: count }, (_, index) => ({ id: first + index, vector: [1, first + index] }));
  return storage.write((tx) => applyOperations(tx, name, [readUpsert({ points })], Infinity));
};

/** The ids of the points, each calculated from its vector as the second number divided by the first. */
function idsIn(storage: QdrantStorage, segments: VectorSegments, name = 'c'): Promise<number[]> {
  return storage.read((tx) => {
    const ids: number[] = [];
    for (const { vectors, slots, rows } of segments.of(tx, resolveCollection(tx, name))) {
      expect(new Set(slots.subarray(0, rows)).size).toBe(rows);
      for (let row = 0; row < rows; row += 1)
        ids.push(Math.round((vectors[2 * row + 1] ?? 0) / (vectors[2 * row] ?? 0)));
    }
    return ids;
  });
}

/** Number of vectors that one iteration over the segments reads from the file. */
async function readsOf(storage: QdrantStorage, segments: VectorSegments, name = 'c'): Promise<number> {
  return storage.read((tx) => {
    let reads = 0;
    const counting = {
      ...tx,
      *each<Row>(...call: Parameters<typeof tx.each>): Generator<Row> {
        for (const row of tx.each<Row>(...call)) {
          reads += 1;
          yield row;
        }
      },
    };
    for (const _segment of segments.of(counting, resolveCollection(tx, name)));
    return reads;
  });
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('vector segments', () => {
  it('segments contain every vector of a collection', () =>
    withStorage(async (storage) => {
      await add(storage, 1, ROWS + 10);
      expect(await idsIn(storage, new VectorSegments(Infinity))).toEqual(upTo(ROWS + 10));
    }));

  it('vectors are read from the file once, and later only those that were added', () =>
    withStorage(async (storage) => {
      const segments = new VectorSegments(Infinity);
      await add(storage, 1, ROWS - 5);
      expect(await readsOf(storage, segments)).toBe(ROWS - 5);
      expect(await readsOf(storage, segments)).toBe(0);
      await add(storage, ROWS - 4, 10);
      expect(await readsOf(storage, segments)).toBe(10);
      expect(await idsIn(storage, segments)).toEqual(upTo(ROWS + 5));
    }));

  it('replaced and deleted vectors are no longer in the segments', () =>
    withStorage(async (storage) => {
      const segments = new VectorSegments(Infinity);
      await add(storage, 1, 5);
      expect(await idsIn(storage, segments)).toEqual([1, 2, 3, 4, 5]);
      await storage.write((tx) => applyOperations(tx, 'c', [readDelete({ points: [2, 5] })], Infinity));
      expect(await idsIn(storage, segments)).toEqual([1, 3, 4]);
      const replaced = readUpsert({ points: [{ id: 3, vector: [1, 7] }] });
      await storage.write((tx) => applyOperations(tx, 'c', [replaced], Infinity));
      expect(await idsIn(storage, segments)).toEqual([1, 7, 4]);
    }));

  it('vectors beyond the memory limit are read from the file each time', () =>
    withStorage(async (storage) => {
      await add(storage, 1, 2 * ROWS + 7);
      const segments = new VectorSegments(SEGMENT_BYTES);
      for (let round = 0; round < 3; round += 1) {
        expect(await idsIn(storage, segments)).toEqual(upTo(2 * ROWS + 7));
        expect(await readsOf(storage, segments)).toBe(ROWS + 7);
      }
      expect(await idsIn(storage, new VectorSegments(0))).toEqual(upTo(2 * ROWS + 7));
    }));

  it('the collection that is searched takes the memory of another one', () =>
    withStorage(async (storage) => {
      await storage.write((tx) => createCollection(tx, 'd', { vectors: { size: 2, distance: 'Cosine' } }));
      await add(storage, 1, 5);
      await add(storage, 1, 3, 'd');
      const segments = new VectorSegments(SEGMENT_BYTES);
      expect([await readsOf(storage, segments), await readsOf(storage, segments)]).toEqual([5, 0]);
      expect([await readsOf(storage, segments, 'd'), await readsOf(storage, segments, 'd')]).toEqual([3, 0]);
      expect(await readsOf(storage, segments)).toBe(5);
      expect(await idsIn(storage, segments, 'd')).toEqual([1, 2, 3]);
    }));

  it('vectors that are added after the highest slots were deleted are found', () =>
    withStorage(async (storage) => {
      const segments = new VectorSegments(Infinity);
      await add(storage, 1, 3);
      await storage.write((tx) => applyOperations(tx, 'c', [readDelete({ points: [3] })], Infinity));
      expect(await idsIn(storage, segments)).toEqual([1, 2]);
      await add(storage, 4, 1);
      expect(await idsIn(storage, segments)).toEqual([1, 2, 4]);
    }));
});
