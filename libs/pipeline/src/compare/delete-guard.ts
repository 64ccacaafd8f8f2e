import { IndexingError, type StoreName } from '@lockstep/model';
import { storedBefore } from './changes.ts';
import type { PlanCounts } from '../receipts.ts';

/** How many chunks of a corpus one load may delete. A load is refused when it would delete more than both numbers. */
export interface DeleteLimit {
  /** Share of the chunks that the store has of the corpus, 0 to 100. */
  readonly percent: number;
  /** This many may be deleted, whatever their share. */
  readonly count: number;
}

/** The default limit. The count is there because one edit may remove a large share of a small corpus. */
export const DEFAULT_DELETE_LIMIT: DeleteLimit = { percent: 20, count: 20 };

/** Whether a plan deletes a larger share of a store than the default limit, however few that are. */
export function deletesMuch(plan: PlanCounts): boolean {
  return plan.delete * 100 > storedBefore(plan) * DEFAULT_DELETE_LIMIT.percent;
}

/** Fails with `delete-guard` when a plan of any store deletes more than the limit. */
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
        `Loading ${corpus} would delete ${plan.delete} of its ${before} chunks from ${store}, more than ${limit}.` +
        sameTextsAdvice(plan),
      details: {
        corpus,
        store,
        deletes: plan.delete,
        before,
        percent,
        count,
        ...(plan.sameTexts !== undefined && { sameTexts: plan.sameTexts }),
      },
    });
  }
}

/** What to do where chunks are to be deleted and added again under other ids. */
function sameTextsAdvice({ delete: gone, sameTexts = 0 }: PlanCounts): string {
  if (sameTexts === 0) return '';
  const what =
    sameTexts === gone
      ? ' Their texts are the same as those of chunks to add, and only their ids are new: with --allow-deletes no text is lost.'
      : ` ${sameTexts} of the ${gone} have the text of a chunk to add: of these only the ids are new.`;
  return `${what} Where each export gives new ids, name fields that stay the same in fields.id.`;
}
