import type { CallStats } from '@lockstep/model';
import type { Calls } from '@lockstep/pipeline';

/** Requests to each service between two counts, since several operations may share services. */
export function callsSince(earlier: Calls, now: Calls): Calls {
  return Object.fromEntries(
    Object.entries(now as Readonly<Record<string, CallStats>>).map(([dependency, stats]) => {
      const before = (earlier as Readonly<Record<string, CallStats>>)[dependency];
      return [dependency, before === undefined ? stats : minus(stats, before)];
    }),
  );
}

function minus(now: CallStats, before: CallStats): CallStats {
  return {
    requests: now.requests - before.requests,
    retries: now.retries - before.retries,
    breakerOpened: now.breakerOpened - before.breakerOpened,
  };
}
