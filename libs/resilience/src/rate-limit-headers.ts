/** What a service tells of one limit; undefined where it says nothing usable. */
export interface ToldLimit {
  /** Units a minute. */
  readonly limit: number | undefined;
  /** Units that are left after the request that is answered. */
  readonly remaining: number | undefined;
  /** Until the limit is back at its initial state, in milliseconds. */
  readonly resetMs: number | undefined;
}

/** What the headers of one reply tell. */
export interface RateLimits {
  readonly tokens: ToldLimit;
  readonly requests: ToldLimit;
}

/**
 * Reads the rate-limit headers of OpenAI, which many compatible servers send as well: `x-ratelimit-limit-*`,
 * `-remaining-*` and `-reset-*`, for `requests`, `tokens` and `project-tokens`; of the last two the one with less left
 * counts. A limit below 1 is none: Azure sends -1 where it does not say.
 *
 * Source: OpenAI, guide on rate limits, section on headers, https://platform.openai.com/docs/guides/rate-limits, as of
 * 2026-06-26.
 */
export function parseRateLimits(headers: Headers): RateLimits {
  const told = (unit: string): ToldLimit => ({
    limit: amount(headers.get(`x-ratelimit-limit-${unit}`), 1),
    remaining: amount(headers.get(`x-ratelimit-remaining-${unit}`), 0),
    resetMs: parseDuration(headers.get(`x-ratelimit-reset-${unit}`)),
  });
  const account = told('tokens');
  const project = told('project-tokens');
  const tighter = (project.remaining ?? Infinity) < (account.remaining ?? Infinity) || account.limit === undefined;
  return { requests: told('requests'), tokens: tighter && project.limit !== undefined ? project : account };
}

function amount(value: string | null, least: number): number | undefined {
  const text = value?.trim() ?? '';
  return /^\d+$/.test(text) && Number(text) >= least ? Number(text) : undefined;
}

const UNIT_MS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Reads a time as `6m0s`, `1.5s` or `120ms`, or as a bare number of seconds, in milliseconds. */
export function parseDuration(value: string | null): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (!/^(\d+(\.\d+)?(ms|[dhms]))+$/.test(text)) return undefined;
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(ms|[dhms])/g);
  return [...parts].reduce((sum, [, count, unit]) => sum + Number(count) * (UNIT_MS[unit as string] as number), 0);
}
