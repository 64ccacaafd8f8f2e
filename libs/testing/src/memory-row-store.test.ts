import { expect, it } from 'vitest';
import { pointIdOf, type IndexedChunk } from '@lockstep/model';
import { AWKWARD_CORPORA } from './awkward-corpora.ts';
import { createMemoryRowStore } from './memory-row-store.ts';

// The suite of row stores needs SQL. What the memory adds to its promises of reading is little enough to be said here.
it('counts the rows of each corpus in the order of their names, and finds nothing before any were written', async () => {
  const store = createMemoryRowStore();
  expect(await store.census()).toEqual({ corpora: [], unowned: 0 });
  expect([await store.count('a'), await store.fence('a')]).toEqual([0, 0]);
  for (const corpus of AWKWARD_CORPORA.toReversed()) {
    await store.raiseFence(corpus, 1);
    const items = ['1', '2'].map((chunkId) => ({ chunkId, pointId: pointIdOf(corpus, chunkId) }) as IndexedChunk);
    await store.upsert({ corpus, fence: 1, items });
  }
  await store.delete({ corpus: 'a', fence: 1, items: [pointIdOf('a', '1')] });
  expect(await store.census()).toEqual({
    corpora: AWKWARD_CORPORA.map((corpus) => ({ corpus, count: corpus === 'a' ? 1 : 2 })),
    unowned: 0,
  });
});
