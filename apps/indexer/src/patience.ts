/** One try and a short wait: for commands that tell the state, and do not sit an outage out. */
export const PATIENCE = { attemptsMax: 1, timeoutMs: 15_000, deadlineMs: 20_000 } as const;
