import { guardDeletes, type CorpusPlan, type DeleteLimit } from '@lockstep/pipeline';
import { guardCost } from './settings/embedding-price.ts';

/** What a run may do before it is refused. */
export interface PlanLimits {
  readonly deletes: DeleteLimit;
  /** US dollars for a million tokens; undefined where it is not known. */
  readonly price: number | undefined;
  /** US dollars; undefined for no limit. */
  readonly cost: number | undefined;
}

/** Refuses a plan that deletes or costs more than it may: `delete-guard` or `cost-guard`. */
export function guardPlan(
  { corpus, stores, embedder, embedding }: CorpusPlan,
  { deletes, price, cost }: PlanLimits,
): void {
  guardDeletes(corpus, stores, deletes);
  if (cost !== undefined) guardCost(embedding.tokens, { model: embedder.model, price, limit: cost });
}
