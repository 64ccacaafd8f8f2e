import { describe, expect, it } from 'vitest';
import type { FaultRule } from './fault-rule.ts';
import { createFaultPicker } from './pick-faults.ts';

const RESET = { fault: { reset: true } } as const;

/** Numbers of the requests with a fault, of twenty requests, one each second. */
function struckOf(rules: readonly FaultRule[], { seed = 's', method = 'GET', path = '/a' } = {}): number[] {
  const pick = createFaultPicker(rules, seed);
  return Array.from({ length: 20 }, (_, at) => at + 1).filter((number) => {
    const { waits, spoiling } = pick({ method, path, sinceFirstMs: (number - 1) * 1000 });
    return waits.length > 0 || spoiling !== undefined;
  });
}

describe('conditions of a rule', () => {
  it.each<[title: string, rule: Omit<FaultRule, 'fault'>, numbers: number[]]>([
    ['one request', { nth: 3 }, [3]],
    ['a range', { from: 3, to: 5 }, [3, 4, 5]],
    ['the first requests', { times: 2 }, [1, 2]],
    ['every nth request', { every: 7 }, [7, 14]],
    ['every nth request of a range, at most so often', { every: 3, from: 4, times: 2 }, [6, 9]],
    ['a time window without its end', { fromMs: 2000, toMs: 5000 }, [3, 4, 5]],
    ['no request with another method', { method: 'PUT' }, []],
    ['no request with another path', { path: '/b' }, []],
    ['no request whose path only begins with that of the rule', { path: '/' }, []],
  ])('a rule applies to %s', (_title, rule, numbers) => {
    expect(struckOf([{ ...rule, ...RESET }])).toEqual(numbers);
  });

  it('a rule matches whole paths, in which only * has a special meaning', () => {
    const rules = [{ path: '/collections/*/points', ...RESET, times: 1 }];
    expect(struckOf(rules, { path: '/collections/a.b/points' })).toEqual([1]);
    expect(struckOf(rules, { path: '/collections/a/points/count' })).toEqual([]);
    expect(struckOf([{ path: '/a.b', ...RESET }], { path: '/aXb' })).toEqual([]);
  });

  it('a rule counts only the requests that match its method and path', () => {
    const pick = createFaultPicker([{ method: 'PUT', nth: 2, ...RESET }], 's');
    const struck = ['PUT', 'GET', 'GET', 'PUT', 'PUT'].map(
      (method) => pick({ method, path: '/', sinceFirstMs: 0 }).spoiling !== undefined,
    );
    expect(struck).toEqual([false, false, false, true, false]);
  });

  it('a rule with a chance applies to about its share of requests, and to the same ones for the same seed', () => {
    const rules = (chance: number) => [{ chance, ...RESET }];
    expect(struckOf(rules(0))).toEqual([]);
    expect(struckOf(rules(1))).toHaveLength(20);
    expect(struckOf(rules(0.3), { seed: 'a' })).toEqual(struckOf(rules(0.3), { seed: 'a' }));
    expect(struckOf(rules(0.3), { seed: 'a' })).not.toEqual(struckOf(rules(0.3), { seed: 'b' }));
    const pick = createFaultPicker(rules(0.2), 's');
    const requests = Array.from({ length: 2000 }, () => pick({ method: 'GET', path: '/', sinceFirstMs: 0 }));
    const share = requests.filter(({ spoiling }) => spoiling !== undefined).length / 2000;
    expect(share).toBeGreaterThan(0.16);
    expect(share).toBeLessThan(0.24);
  });
});

it('all waits that match apply, and only the first of the other faults', () => {
  const pick = createFaultPicker(
    [
      { fault: { delayMs: 5 } },
      { fault: { cut: 0.5 }, times: 1 },
      { fault: { delayMs: 7 }, when: 'after' },
      { fault: { status: 503 }, times: 1 },
    ],
    's',
  );
  const next = () => pick({ method: 'GET', path: '/', sinceFirstMs: 0 });
  const waits = [
    { fault: { delayMs: 5 }, ms: 5, when: 'before' },
    { fault: { delayMs: 7 }, ms: 7, when: 'after' },
  ];
  expect(next()).toEqual({ waits, spoiling: { fault: { cut: 0.5 }, when: 'after' } });
  // The second of the other faults has not been used yet.
  expect(next()).toEqual({ waits, spoiling: { fault: { status: 503 }, when: 'before' } });
  expect(next()).toEqual({ waits });
});

it('a cold start delays requests until it is over, and none afterwards', () => {
  const pick = createFaultPicker([{ fault: { coldStartMs: 8000 } }], 's');
  const msAt = (sinceFirstMs: number) => pick({ method: 'GET', path: '/', sinceFirstMs }).waits.map(({ ms }) => ms);
  expect([0, 3000, 8000].map(msAt)).toEqual([[8000], [5000], []]);
});
