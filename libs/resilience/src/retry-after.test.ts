import { describe, expect, it } from 'vitest';
import { retryAfterMs } from './retry-after.ts';

const NOW_MS = Date.parse('2025-12-05T10:00:00Z');

describe('retryAfterMs', () => {
  it.each<[string, Record<string, string>, number | undefined]>([
    ['no header', {}, undefined],
    ['an empty value', { 'retry-after': ' ' }, undefined],
    ['a text', { 'retry-after': 'soon' }, undefined],
    ['seconds', { 'retry-after': '7' }, 7_000],
    ['seconds with white space', { 'retry-after': ' 7 ' }, 7_000],
    ['a fraction of a second', { 'retry-after': '0.25' }, 250],
    ['0 seconds', { 'retry-after': '0' }, 0],
    ['several digits', { 'retry-after': '123' }, 123_000],
    ['more seconds than are honoured', { 'retry-after': '99999' }, 600_000],
    ['a date', { 'retry-after': 'Fri, 05 Dec 2025 10:00:30 GMT' }, 30_000],
    ['a date in the past', { 'retry-after': 'Fri, 05 Dec 2025 09:00:00 GMT' }, 0],
    ['a date far away', { 'retry-after': 'Sat, 05 Dec 2026 09:00:00 GMT' }, 600_000],
    ['milliseconds', { 'retry-after-ms': '1500' }, 1_500],
    ['milliseconds before seconds', { 'retry-after-ms': '1500', 'retry-after': '9' }, 1_500],
    ['more milliseconds than are honoured', { 'retry-after-ms': '1e9' }, 600_000],
    ['bad milliseconds beside seconds', { 'retry-after-ms': 'x', 'retry-after': '9' }, 9_000],
    ['negative milliseconds beside seconds', { 'retry-after-ms': '-1', 'retry-after': '9' }, 9_000],
    ['empty milliseconds beside seconds', { 'retry-after-ms': '', 'retry-after': '9' }, 9_000],
  ])('retryAfterMs gives the wait for %s', (_what, headers, expected) => {
    expect(retryAfterMs(new Headers(headers), NOW_MS)).toBe(expected);
  });

  it('a negative number of seconds gives neither a negative nor an endless wait', () => {
    // `-5` is not a number of seconds; some engines parse it as a year.
    const waitMs = retryAfterMs(new Headers({ 'retry-after': '-5' }), NOW_MS) ?? 0;
    expect(waitMs).toBe(0);
  });
});
