import { IndexingError, type StoreName } from '@lockstep/model';
import { storedBefore } from './changes.ts';
import type { PlanCounts } from '../receipts.ts';

/** How many of a corpus's chunks one load may delete. It is refused where it would delete more than both numbers. */
export interface DeleteLimit {
  /** Share of the chunks that a store holds, 0 to 100. */
  readonly percent: number;
  /** So many may go whatever their share. */
  readonly count: number;
}

/** What a load may delete where nobody said anything: a small corpus may lose much of itself in one edit. */
export const DEFAULT_DELETE_LIMIT: DeleteLimit = { percent: 20, count: 20 };

/** Refuses, with `delete-guard`, a plan that deletes more than its limit. */
export function guardDeletes(
  corpus: string,
  plans: Readonly<Partial<Record<StoreName, { readonly plan?: PlanCounts }>>>,
  { percent, count }: DeleteLimit,
): void {
  for (const [store, { plan }] of Object.entries(plans)) {
    if (plan === undefined) continue;
    const before = storedBefore(plan);
    if (plan.delete <= count || plan.delete * 100 <= before * percent) continue;
    const limit = count > 0 ? `${percent} % and more than ${count}` : `${percent} %`;
    throw new IndexingError({
      code: 'delete-guard',
      message:
        `Loading ${corpus} would delete ${plan.delete} of its ${before} chunks from ${store}, more than ${limit}. ` +
        'Nothing was written.',
      details: { corpus, store, deletes: plan.delete, before, percent, count },
    });
  }
}
