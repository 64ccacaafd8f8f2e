/**
 * Guard limits for commands that show the state of services: one short attempt, so that an outage is reported at once.
 */
export const PROBE_GUARD = { attemptsMax: 1, timeoutMs: 15_000, deadlineMs: 20_000 } as const;
