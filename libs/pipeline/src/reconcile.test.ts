import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createMemoryLedger, createMemoryRowStore, createMemoryVectorStore } from '@lockstep/testing-ports';
import { reconcile, reconcileCases, REGRESSION_CASES, type DriftingStores } from '@lockstep/testing-runs';

function newStores(): DriftingStores {
  const rows = createMemoryRowStore();
  return {
    vectors: createMemoryVectorStore(),
    rows,
    ledger: createMemoryLedger(),
    async renameRow({ pointId, chunkId }) {
      const row = rows.table.get(pointId);
      if (row !== undefined) rows.table.set(pointId, { ...row, chunkId });
    },
  };
}

const SITUATIONS = [
  'done',
  'differ',
  'dropped',
  'refused',
  'replayed',
  'failed call',
  'kill',
  'taken over',
  'taken over too late',
  'came later than the other',
  'straggler',
  'put right by the next run',
  'put right by a repair',
];

it(
  'two corpora that share their stores end as their files say, with the fewest writes, whatever happens',
  { timeout: 180_000 },
  async () => {
    const tally = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(reconcileCases({ actionsMax: 6 }), async (happening) => {
        await reconcile(happening, { stores: newStores(), corpora: ['one', 'two'], tally });
      }),
      { numRuns: 1000, examples: REGRESSION_CASES.map((happening) => [happening]) },
    );
    // If a thousand cases do not contain each of these, the property proves less than it seems to.
    expect([...tally.keys()]).toEqual(expect.arrayContaining(SITUATIONS));
  },
);
