import { IndexingError, isIndexingError, type CacheEntry, type Embedder, type EmbeddingCache } from '@lockstep/model';
import type { StageContext } from './stage-context.ts';

/** Texts that were possibly paid for in one stage, and of which it has no vector. */
export interface UnconfirmedCharges {
  /** Puts what was paid for into the cache; what cannot be kept is counted. */
  keep(cache: EmbeddingCache, entries: readonly CacheEntry[]): Promise<void>;
  /** Texts that could not be kept, and those whose reply was lost on its way. */
  count(): number;
  /**
   * For the error that ends the stage: logs the number, and returns the error with it in its details, as
   * `possiblyPaid`. Without any, returns the error as it is.
   */
  report(error: unknown): unknown;
}

/** Counts from now on. */
export function countUnconfirmedCharges(
  { logger }: Pick<StageContext, 'logger'>,
  embedder: Embedder,
): UnconfirmedCharges {
  const before = embedder.possiblyPaid().inputs;
  let unkept = 0;
  const count = (): number => embedder.possiblyPaid().inputs - before + unkept;
  return {
    async keep(cache, entries) {
      try {
        await cache.append(entries);
      } catch (error) {
        unkept += entries.length;
        throw error;
      }
    },
    count,
    report(error) {
      const possiblyPaid = count();
      if (possiblyPaid === 0) return error;
      logger.warn('inputs-possibly-paid', { itemCount: possiblyPaid });
      return isIndexingError(error) ? withDetail(error, possiblyPaid) : error;
    },
  };
}

function withDetail(error: IndexingError, possiblyPaid: number): IndexingError {
  const { code, message, disposition, details, cause, retryAfterMs } = error;
  return new IndexingError({
    code,
    message,
    disposition,
    details: { ...details, possiblyPaid },
    ...(cause === undefined ? {} : { cause }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}
