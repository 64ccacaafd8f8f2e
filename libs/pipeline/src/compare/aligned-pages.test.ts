import fc from 'fast-check';
import { expect, it } from 'vitest';
import { collect, failureOf } from '@lockstep/testing-ports';
import type { ChunkLine, HeldRecord } from '../files/chunk-line.ts';
import { alignedPages } from './aligned-pages.ts';

const line = (pointId: string): ChunkLine => ({
  pointId,
  contentHash: '',
  embeddingKey: '',
  chunk: () => {
    throw new Error('a walk parses no chunk');
  },
});
const heldRecord = (pointId: string): HeldRecord => ({ pointId, chunkId: '' });
const point = (pointId: string) => ({ pointId });

/** Pages of `size` items; calls `ended` when the source is closed. */
async function* pagesOf<Item>(items: readonly Item[], size: number, ended = (): void => {}): AsyncGenerator<Item[]> {
  try {
    for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
  } finally {
    ended();
  }
}

const id = fc.integer({ min: 10, max: 99 }).map(String);
const ids = fc.uniqueArray(id, { maxLength: 40 }).map((all) => all.toSorted());

it('alignedPages gives every id of every source once, in order, wherever pages end', async () => {
  const size = fc.integer({ min: 1, max: 7 });
  await fc.assert(
    fc.asyncProperty(ids, ids, ids, fc.tuple(size, size, size), async (wanted, held, actual, sizes) => {
      const walked = await collect(
        alignedPages({
          wanted: pagesOf(wanted.map(line), sizes[0]),
          held: pagesOf(held.map(heldRecord), sizes[1]),
          actual: pagesOf(actual.map(point), sizes[2]),
        }),
      );
      const found = walked.flat().map((at) => [at.pointId, at.wanted?.pointId, at.held?.pointId, at.actual?.pointId]);
      const all = [...new Set([...wanted, ...held, ...actual])].toSorted();
      const where = (source: readonly string[], id: string) => (source.includes(id) ? id : undefined);
      expect(found).toEqual(all.map((id) => [id, where(wanted, id), where(held, id), where(actual, id)]));
      expect(walked.every((page) => page.length > 0)).toBe(true);
    }),
  );
});

it.each([
  ['an id that is less than the one before it', ['a', 'c', 'b']],
  ['an id twice', ['a', 'b', 'b']],
])('alignedPages refuses a store that gives %s', async (_title, actual) => {
  for (const size of [1, 3]) {
    const sources = { wanted: pagesOf([], 1), held: pagesOf([], 1), actual: pagesOf(actual.map(point), size) };
    const error = await failureOf(collect(alignedPages(sources)));
    expect(error).toMatchObject({ code: 'invariant' });
    expect(error.message).toContain('the store');
  }
});

it('alignedPages closes its sources when its reader stops early', async () => {
  const closed: string[] = [];
  const source = <Item>(name: string, make: (pointId: string) => Item) =>
    pagesOf(['a', 'b', 'c'].map(make), 1, () => closed.push(name));
  const walk = alignedPages({
    wanted: source('wanted', line),
    held: source('held', heldRecord),
    actual: source('actual', point),
  });
  for await (const page of walk) {
    expect(page).toHaveLength(1);
    break;
  }
  expect(closed).toEqual(['wanted', 'held', 'actual']);
});
