import type { CacheEntry, Embedder, EmbeddingCache } from '@lockstep/model';
import type { StageContext } from './stage-context.ts';
import { withDetails } from './with-details.ts';

/** Texts that were possibly paid for in one stage, and whose vectors it does not have. */
export interface UnconfirmedCharges {
  /** Appends what was paid for to the cache; counts it, and throws, when the cache cannot store it. */
  store(cache: EmbeddingCache, entries: readonly CacheEntry[]): Promise<void>;
  /** Texts that could not be stored, and those whose reply was lost on its way. */
  count(): number;
  /**
   * For the error that ends the stage: logs the number, and returns the error with the number in its details, as
   * `possiblyPaid`. Returns the error unchanged when there are none.
   */
  report(error: unknown): unknown;
}

/** Counts from this call on. */
export function countUnconfirmedCharges(
  { logger }: Pick<StageContext, 'logger'>,
  embedder: Embedder,
): UnconfirmedCharges {
  const before = embedder.possiblyPaid().inputs;
  let notStored = 0;
  const count = (): number => embedder.possiblyPaid().inputs - before + notStored;
  return {
    async store(cache, entries) {
      try {
        await cache.append(entries);
      } catch (error) {
        notStored += entries.length;
        throw error;
      }
    },
    count,
    report(error) {
      const possiblyPaid = count();
      if (possiblyPaid === 0) return error;
      logger.warn('inputs-possibly-paid', { itemCount: possiblyPaid });
      return withDetails(error, { possiblyPaid });
    },
  };
}
