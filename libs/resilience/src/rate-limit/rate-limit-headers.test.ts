import { describe, expect, it } from 'vitest';
import { parseDuration, parseRateLimits } from './rate-limit-headers.ts';

const NOTHING = { limit: undefined, remaining: undefined, resetMs: undefined };

describe('parseDuration', () => {
  it.each([
    ['6m0s', 360_000],
    ['1s', 1_000],
    ['120ms', 120],
    ['1.5s', 1_500],
    ['8.64s', 8_640],
    ['7m12s', 432_000],
    ['1h2m3s', 3_723_000],
    ['1d', 86_400_000],
    ['1s30ms', 1_030],
    ['0s', 0],
    ['0', 0],
    ['37', 37_000],
    [' 2s ', 2_000],
  ])('the duration %j is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBeCloseTo(ms, 6);
  });

  it.each([null, '', ' ', 'soon', '-1', '-1s', '1x', 's', '1s later', '1,5s', '2025-12-05T10:00:00Z'])(
    '%j is not a duration',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );
});

describe('parseRateLimits', () => {
  it('limits are read from the headers of OpenAI', () => {
    const headers = new Headers({
      'x-ratelimit-limit-requests': '5000',
      'x-ratelimit-remaining-requests': '4999',
      'x-ratelimit-reset-requests': '12ms',
      'x-ratelimit-limit-tokens': '160000',
      'x-ratelimit-remaining-tokens': '159976',
      'x-ratelimit-reset-tokens': '9ms',
    });
    expect(parseRateLimits(headers)).toEqual({
      requests: { limit: 5_000, remaining: 4_999, resetMs: 12 },
      tokens: { limit: 160_000, remaining: 159_976, resetMs: 9 },
    });
  });

  it.each([
    ['20000', '1000', { limit: 20_000, remaining: 1_000, resetMs: 3_000 }],
    ['20000', '19000', { limit: 30_000, remaining: 15_000, resetMs: 30_000 }],
    ['-1', '1000', { limit: 30_000, remaining: 15_000, resetMs: 30_000 }],
  ])(
    'of account and project (limit %s, remaining %s) the one with less remaining counts',
    (limit, remaining, expected) => {
      const headers = new Headers({
        'x-ratelimit-limit-tokens': '30000',
        'x-ratelimit-remaining-tokens': '15000',
        'x-ratelimit-reset-tokens': '30s',
        'x-ratelimit-limit-project-tokens': limit,
        'x-ratelimit-remaining-project-tokens': remaining,
        'x-ratelimit-reset-project-tokens': '3s',
      });
      expect(parseRateLimits(headers).tokens).toEqual(expected);
    },
  );

  it.each<[string, Record<string, string>]>([
    ['no headers', {}],
    ['-1', { 'x-ratelimit-limit-tokens': '-1', 'x-ratelimit-remaining-tokens': '-1' }],
    ['a limit of 0', { 'x-ratelimit-limit-tokens': '0' }],
    ['texts', { 'x-ratelimit-limit-tokens': 'unlimited', 'x-ratelimit-reset-tokens': 'never' }],
    ['values that are not whole numbers', { 'x-ratelimit-limit-tokens': 'NaN', 'x-ratelimit-remaining-tokens': '1e5' }],
  ])('no limit is read from %s', (_title, headers) => {
    expect(parseRateLimits(new Headers(headers))).toEqual({ tokens: NOTHING, requests: NOTHING });
  });
});
