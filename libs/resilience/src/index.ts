export { type MinuteLimits, type Ticket } from './governor.ts';
export { createGuard, type Guard, type RunOptions } from './guard.ts';
export { GUARD_DEFAULTS, type GuardOptions } from './guard-options.ts';
export { createPacer, type Outcome, type Pacer, type PacerOptions } from './pacer.ts';
export { retryAfterMs } from './retry-after.ts';
export { statusFailure } from './status-failure.ts';
export { SYSTEM_CLOCK } from './system-clock.ts';
