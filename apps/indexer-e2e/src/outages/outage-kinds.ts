/** How long each outage lasts, in milliseconds of the scaled clock. */
export const OUTAGE_MS = 30_000;

/** How much faster the scaled clock is: 30 s take 300 ms. */
export const SPEED = 100;

/** Slower where every request is counted, so that answers on a busy machine do not come after their timeout. */
export const SPEED_OF_HINDRANCES = 20;

/** Most requests from one run to a service while it is down. */
export const REQUESTS_MAX = 15;

/** Ways in which a service can be down. */
export const OUTAGES = {
  'answers 503': [{ toMs: OUTAGE_MS, fault: { status: 503 } }],
  'answers nothing': [{ toMs: OUTAGE_MS, fault: { stall: 'before-headers' } }],
  'resets every connection': [{ toMs: OUTAGE_MS, fault: { reset: true } }],
  // The run reads the header on its own clock, which is not scaled.
  'refuses with 429': [
    { toMs: OUTAGE_MS, fault: { status: 429, headers: { 'retry-after': String(OUTAGE_MS / SPEED / 1000) } } },
  ],
  'cuts every answer': [{ toMs: OUTAGE_MS, fault: { cut: 0.5 } }],
  'does not listen on its port': [{ nth: 1, fault: { restartMs: OUTAGE_MS } }],
} as const;

/** Faults without an outage: a slow service, or lost answers whose requests are sent again. */
export const HINDRANCES = {
  'takes 10 s for every answer': [{ toMs: OUTAGE_MS, fault: { delayMs: 10_000 } }],
  'cuts every third answer': [{ every: 3, fault: { cut: 0.5 } }],
} as const;

/** The share of one of `kinds` faults that together hit about a fifth of the requests. */
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
 * Random faults. For the embedding service the client can know what was paid for: with a status the work was not done,
 * with all other faults it was.
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
