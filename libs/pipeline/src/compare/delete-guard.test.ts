import { expect, it } from 'vitest';
import { isIndexingError } from '@lockstep/model';
import { DEFAULT_DELETE_LIMIT, guardDeletes, type DeleteLimit } from './delete-guard.ts';
import type { PlanCounts } from '../receipts.ts';

const plan = (deletes: number, before: number, more: Partial<PlanCounts> = {}): PlanCounts => ({
  add: 0,
  change: 0,
  delete: deletes,
  unchanged: before - deletes,
  held: 0,
  kept: 0,
  reasons: {},
  ...more,
});

/** The error for a plan of the points alone; undefined when the plan is allowed. */
function refusal(counts: PlanCounts, limit: DeleteLimit) {
  try {
    guardDeletes('books', { qdrant: { plan: counts } }, limit);
    return undefined;
  } catch (error) {
    if (isIndexingError(error)) return error;
    throw error;
  }
}

it.each([
  // deletes, before, percent, count, refused
  [20, 20, 20, 20, false],
  [21, 21, 20, 20, true],
  [21, 105, 20, 20, false],
  [21, 104, 20, 20, true],
  [5, 100, 5, 0, false],
  [6, 100, 5, 0, true],
  [1, 19, 5, 0, true],
  [1, 20, 5, 0, false],
  [1, 100, 0, 0, true],
  [0, 100, 0, 0, false],
  [100, 100, 99, 0, true],
  [100, 100, 100, 0, false],
])(
  'deleting %i of %i chunks with a limit of %i %% and %i is refused: %s',
  (deletes, before, percent, count, refused) => {
    expect(refusal(plan(deletes, before), { percent, count }) !== undefined).toBe(refused);
  },
);

it('the limit is a share of all chunks that the store has now, without those to be added', () => {
  const limit = { percent: 20, count: 0 };
  for (const field of ['change', 'held', 'kept'] as const) {
    expect(refusal(plan(2, 9), limit)).toBeDefined();
    expect(refusal(plan(2, 9, { [field]: 1 }), limit)).toBeUndefined();
  }
  expect(refusal(plan(2, 9, { add: 100 }), limit)).toBeDefined();
});

it('the error names the store, the numbers and the limit, and every store that has a plan is checked', () => {
  const counts = plan(60, 100);
  expect(refusal(counts, { percent: 30, count: 0 })?.message).toBe(
    'Loading books would delete 60 of its 100 chunks from qdrant, more than 30 %.',
  );
  expect(refusal(counts, DEFAULT_DELETE_LIMIT)?.message).toContain('more than 20 % and more than 20.');
  expect(refusal(counts, DEFAULT_DELETE_LIMIT)).toMatchObject({
    code: 'delete-guard',
    details: { corpus: 'books', store: 'qdrant', deletes: 60, before: 100, percent: 20, count: 20 },
  });
  const rows = { qdrant: { plan: plan(0, 100) }, neon: { plan: counts } };
  expect(() => guardDeletes('books', rows, DEFAULT_DELETE_LIMIT)).toThrow('from neon');
  expect(() => guardDeletes('books', { qdrant: {}, neon: {} }, { percent: 0, count: 0 })).not.toThrow();
});
