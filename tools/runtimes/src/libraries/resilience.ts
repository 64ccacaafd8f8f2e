import { IndexingError } from '@lockstep/model';
import { createGuard, createRateLimiter } from '@lockstep/resilience';
import type { LibraryCall } from './library-call.ts';

// At the top of a module, where a Worker has no request.
const guard = createGuard({ dependency: 'qdrant', backoffMs: { first: 1, longest: 1 } });
const rateLimiter = createRateLimiter({ dependency: 'openai' });

export const call: LibraryCall = async ({ qdrant }) => {
  await rateLimiter.acquire(1);
  const before = guard.stats();
  let attempts = 0;
  const status = await guard.run(async (signal) => {
    attempts += 1;
    if (attempts === 1) throw new IndexingError({ code: 'service-unavailable', disposition: 'retry', message: 'down' });
    return (await fetch(`${qdrant}/collections`, { signal })).status;
  });
  return { found: [status, guard.stats().requests - before.requests], expected: [200, 2] };
};
