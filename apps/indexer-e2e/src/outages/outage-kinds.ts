/** How long each outage lasts, as the services see it, in milliseconds. */
export const OUTAGE_MS = 30_000;

/** Time runs so many times as fast as it would: 30 s take 300 ms. */
export const SPEED = 100;

/** Slower where each request counts: a busy machine must not let an answer come after its timeout. */
export const SPEED_OF_HINDRANCES = 20;

/** Requests that a service may get while it is down, from one run. */
export const REQUESTS_MAX = 15;

/** What is down for a while, in each way that it can be. */
export const OUTAGES = {
  'answers 503': [{ toMs: OUTAGE_MS, fault: { status: 503 } }],
  'answers nothing': [{ toMs: OUTAGE_MS, fault: { stall: 'before-headers' } }],
  'resets every connection': [{ toMs: OUTAGE_MS, fault: { reset: true } }],
  // The header is read on the run's own clock.
  'refuses with 429': [
    { toMs: OUTAGE_MS, fault: { status: 429, headers: { 'retry-after': String(OUTAGE_MS / SPEED / 1000) } } },
  ],
  'cuts every answer': [{ toMs: OUTAGE_MS, fault: { cut: 0.5 } }],
  'has nobody listening on its port': [{ nth: 1, fault: { restartMs: OUTAGE_MS } }],
} as const;

/** What only makes a service slow or lossy: there is no outage, and each request that is lost is made once more. */
export const HINDRANCES = {
  'takes 10 s for every answer': [{ toMs: OUTAGE_MS, fault: { delayMs: 10_000 } }],
  'cuts every third answer': [{ every: 3, fault: { cut: 0.5 } }],
} as const;

/** About a fifth of the requests, among so many kinds of faults. */
const share = (kinds: number): number => 0.22 / kinds;

const STORES = [
  { chance: share(7), fault: { status: 503 } },
  { chance: share(7), fault: { status: 429, headers: { 'retry-after': '0.02' } } },
  { chance: share(7), fault: { reset: true } },
  { chance: share(7), when: 'after', fault: { reset: true } },
  { chance: share(7), fault: { cut: 0.5 } },
  { chance: share(7), when: 'after', fault: { html200: true } },
  { chance: share(7), fault: { brokenJson: true } },
] as const;

/**
 * Faults by chance. Of those that strike the embedding service a client can know what was paid for: a status says that
 * the work was not done, and all others come after it.
 */
export const STORM = {
  openai: [
    { chance: share(9), fault: { status: 503 } },
    { chance: share(9), fault: { status: 429, headers: { 'retry-after': '0.02' } } },
    { chance: share(9), when: 'after', fault: { reset: true } },
    { chance: share(9), fault: { cut: 0.5 } },
    { chance: share(9), when: 'after', fault: { html200: true } },
    { chance: share(9), fault: { brokenJson: true } },
    { chance: share(9), fault: { short: 1 } },
    { chance: share(9), fault: { nonFinite: true } },
    { chance: share(9), fault: { reorder: true } },
  ],
  qdrant: STORES,
  neon: STORES,
} as const;
