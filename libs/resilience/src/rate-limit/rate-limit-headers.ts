/** What a service reports about one limit; undefined where it reports nothing usable. */
export interface ReportedLimit {
  /** Units a minute. */
  readonly limit: number | undefined;
  /** Units that remain after the request that this reply answers. */
  readonly remaining: number | undefined;
  /** Time until the limit is back at its initial state, in milliseconds. */
  readonly resetMs: number | undefined;
}

/** What the headers of one reply report. */
export interface ReportedLimits {
  readonly tokens: ReportedLimit;
  readonly requests: ReportedLimit;
}

/**
 * Reads OpenAI's rate-limit headers, which many compatible servers send as well: `x-ratelimit-limit-*`, `-remaining-*`
 * and `-reset-*`, for `requests`, `tokens` and `project-tokens`; of the last two, the one with less remaining counts. A
 * limit below 1 counts as none: Azure sends -1 where it does not know.
 *
 * Source: OpenAI, guide on rate limits, section on headers, https://platform.openai.com/docs/guides/rate-limits, as of
 * 2026-06-26.
 */
export function parseRateLimits(headers: Headers): ReportedLimits {
  const reported = (unit: string): ReportedLimit => ({
    limit: parseCount(headers.get(`x-ratelimit-limit-${unit}`), 1),
    remaining: parseCount(headers.get(`x-ratelimit-remaining-${unit}`), 0),
    resetMs: parseDuration(headers.get(`x-ratelimit-reset-${unit}`)),
  });
  const account = reported('tokens');
  const project = reported('project-tokens');
  const tighter = (project.remaining ?? Infinity) < (account.remaining ?? Infinity) || account.limit === undefined;
  return { requests: reported('requests'), tokens: tighter && project.limit !== undefined ? project : account };
}

function parseCount(value: string | null, least: number): number | undefined {
  const text = value?.trim() ?? '';
  return /^\d+$/.test(text) && Number(text) >= least ? Number(text) : undefined;
}

const UNIT_MS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Reads a duration such as `6m0s`, `1.5s` or `120ms`, or a bare number of seconds, as milliseconds. */
export function parseDuration(value: string | null): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (!/^(\d+(\.\d+)?(ms|[dhms]))+$/.test(text)) return undefined;
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(ms|[dhms])/g);
  return [...parts].reduce((sum, [, count, unit]) => sum + Number(count) * (UNIT_MS[unit as string] as number), 0);
}
