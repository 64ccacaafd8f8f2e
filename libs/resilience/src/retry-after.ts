/** The longest wait that is honoured: a guard's whole deadline is ten minutes. */
const RETRY_AFTER_MS_MAX = 600_000;

/**
 * Reads how long a service asks to wait, in milliseconds, from `retry-after-ms` or `retry-after` (seconds or an HTTP
 * date, RFC 9110 section 10.2.3); at most ten minutes. Undefined where neither header is usable.
 */
export function retryAfterMs(headers: Headers, nowMs: number): number | undefined {
  const exact = Number(headers.get('retry-after-ms')?.trim() || Number.NaN);
  if (Number.isFinite(exact) && exact >= 0) return Math.min(exact, RETRY_AFTER_MS_MAX);
  const value = headers.get('retry-after')?.trim();
  if (value === undefined || value === '') return undefined;
  const ms = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value) - nowMs;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), RETRY_AFTER_MS_MAX) : undefined;
}
