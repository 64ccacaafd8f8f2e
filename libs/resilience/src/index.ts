export { createGuard, type Guard, type GuardStats } from './guard.ts';
export { GUARD_DEFAULTS, type GuardOptions } from './guard-options.ts';
export { retryAfterMs } from './retry-after.ts';
export { statusFailure } from './status-failure.ts';
export { SYSTEM_CLOCK } from './system-clock.ts';
