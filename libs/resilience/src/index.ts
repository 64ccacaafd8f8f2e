export { createGuard, type Call, type Guard, type RunOptions } from './guard/guard.ts';
export { GUARD_DEFAULTS, type GuardOptions } from './guard/guard-options.ts';
export {
  createRateLimiter,
  type RateLimiter,
  type RateLimiterOptions,
  type RequestOutcome,
} from './rate-limit/rate-limiter.ts';
export { type MinuteLimits, type Permit } from './rate-limit/rate-limit-state.ts';
export { orAborted } from './or-aborted.ts';
export { connectionProblem, type ConnectionProblem } from './failures/connection-problem.ts';
export { isPage, pageInsteadOfJson, pageNote } from './failures/page-instead-of-json.ts';
export { shownServer } from './failures/shown-server.ts';
export { retryAfterMs } from './retry-after.ts';
export { statusFailure } from './status-failure.ts';
export { SYSTEM_CLOCK } from './system-clock.ts';
