import type { Calls, CallStats, Dependency } from '@lockstep/model';
import type { StageContext } from './stage-context.ts';

const NONE: CallStats = { requests: 0, retries: 0, breakerOpened: 0 };

/** Counts the requests of one stage from this call on. A service that it did not use has no entry. */
export function countCalls({ calls }: Pick<StageContext, 'calls'>): () => Calls {
  const before = calls?.() ?? {};
  return () => {
    const counted: Partial<Record<Dependency, CallStats>> = {};
    for (const [dependency, now] of Object.entries(calls?.() ?? {}) as [Dependency, CallStats][]) {
      const earlier = before[dependency] ?? NONE;
      const own = {
        requests: now.requests - earlier.requests,
        retries: now.retries - earlier.retries,
        breakerOpened: now.breakerOpened - earlier.breakerOpened,
      };
      if (own.requests + own.retries > 0) counted[dependency] = own;
    }
    return counted;
  };
}
