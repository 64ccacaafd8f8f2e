/** Guard limits for commands that show the state of services: one attempt with a short timeout, since they must not wait out an outage. */
export const PROBE_GUARD = { attemptsMax: 1, timeoutMs: 15_000, deadlineMs: 20_000 } as const;
