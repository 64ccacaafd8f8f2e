import { describe, expect, it } from 'vitest';
import type { StageRecord } from '@lockstep/model';
import { costsOverTime } from './costs-over-time.ts';
import { fairShares } from './fair-shares.ts';
import { histogram } from './histogram.ts';
import type { ReportRun } from './report-data.ts';
import { runBars } from './run-bars.ts';
import { shortened } from './shortened.ts';

describe('a histogram', () => {
  it('has bins of a round width from 0 to the greatest value, those without a value included', () => {
    expect(histogram([0, 1, 1, 3])).toEqual([
      { from: 0, upTo: 0, count: 1 },
      { from: 1, upTo: 1, count: 2 },
      { from: 2, upTo: 2, count: 0 },
      { from: 3, upTo: 3, count: 1 },
    ]);
    expect(
      histogram([490, 12, 500])
        .map(({ from, upTo, count }) => [from, upTo, count])
        .filter(([, , n]) => n !== 0),
    ).toEqual([
      [0, 49, 1],
      [450, 499, 1],
      [500, 549, 1],
    ]);
  });

  it('has at most 24 bins and counts each value once, whatever the values are', () => {
    for (const greatest of [0, 1, 23, 24, 25, 999, 1_000, 65_537, 1_000_000]) {
      const values = Array.from({ length: 100 }, (_, at) => Math.floor((greatest * at) / 99));
      const bins = histogram(values);
      expect(bins.length).toBeLessThanOrEqual(24);
      expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(100);
      expect(bins.at(-1)?.count).toBeGreaterThan(0);
    }
    expect(histogram([])).toEqual([]);
  });
});

describe('fair shares', () => {
  it.each([
    [[5, 5, 5], 100, [5, 5, 5]],
    [[1_000, 10, 1_000], 100, [45, 10, 45]],
    [[0, 7], 4, [0, 4]],
    [[3, 3], 0, [0, 0]],
    [[], 9, []],
  ])('of %j in %i places are %j', (wanted, limit, shares) => {
    expect(fairShares(wanted, limit)).toEqual(shares);
  });
});

it('a long text is shortened with a sign, and no letter is cut in two', () => {
  expect(shortened('abc', 3)).toBe('abc');
  expect(shortened('abcd', 3)).toBe('ab…');
  expect(shortened('a😀bc', 3)).toBe('a…');
});

const stage = (record: Partial<StageRecord>): StageRecord => ({
  stage: 'embed',
  startedAt: '2026-01-01T00:00:00.000Z',
  durationMs: 1_000,
  outcome: 'done',
  embedded: null,
  written: null,
  deleted: null,
  calls: {},
  ...record,
});

const run = (finishedAt: string, fields: Partial<ReportRun['end']>, dollars: number | null): ReportRun =>
  ({ dollars, end: { finishedAt, tokensPaid: null, tokensSaved: null, ...fields } }) as ReportRun;

describe('the bars of a run', () => {
  it('show its stages in time, side by side where they were, without those that a cache replayed', () => {
    const stages = [
      stage({ stage: 'validate', outcome: 'replayed', startedAt: '2025-01-01T00:00:00.000Z' }),
      stage({ stage: 'load-qdrant' }),
      stage({ stage: 'load-neon', startedAt: '2026-01-01T00:00:01.000Z', durationMs: 3_000 }),
    ];
    const bars = runBars(run('', { work: { stages, calls: {}, dollars: null } }, null));
    expect(bars).toMatchObject({ durationMs: 4_000, replayed: [{ stage: 'validate' }] });
    expect(bars?.bars.map(({ record, from, length }) => [record.stage, from, length])).toEqual([
      ['load-qdrant', 0, 0.25],
      ['load-neon', 0.25, 0.75],
    ]);
  });

  it('are null where no stage was recorded, and have a width where a stage took no time', () => {
    expect(runBars(run('', {}, null))).toBeNull();
    const work = { stages: [stage({ durationMs: 0 })], calls: {}, dollars: null };
    expect(runBars(run('', { work }, null))?.bars).toMatchObject([{ from: 0, length: 1 }]);
  });
});

it('costs are added up in the order in which runs ended; a cost that is not known counts as 0', () => {
  const costs = costsOverTime([
    run('2026-01-01T00:00:03.000Z', { tokensPaid: 5, tokensSaved: 2 }, 0.5),
    run('2026-01-01T00:00:02.000Z', { tokensPaid: 7 }, null),
    { dollars: null } as ReportRun,
    run('2026-01-01T00:00:01.000Z', { tokensPaid: 1, tokensSaved: 1 }, 0.25),
  ]);
  expect(costs.map(({ dollars, tokensPaid, tokensSaved }) => [dollars, tokensPaid, tokensSaved])).toEqual([
    [0.25, 1, 1],
    [0.25, 8, 1],
    [0.75, 13, 3],
  ]);
});
