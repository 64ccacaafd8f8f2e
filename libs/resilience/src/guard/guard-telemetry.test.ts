import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { IndexingError, type Facts, type Span, type Telemetry } from '@lockstep/model';
import { createGuard } from './guard.ts';
import type { GuardOptions } from './guard-options.ts';

beforeAll(() => import('cockatiel'));
beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

const unavailable = () =>
  new IndexingError({ code: 'service-unavailable', disposition: 'retry', message: 'down', details: { status: 503 } });

/** Writes down what is told: spans with their parents when they begin, what is added, and how they end. */
function recordTelemetry() {
  const told: (readonly [span: string, what: string, facts?: Facts | undefined])[] = [];
  const recorded: (readonly [metric: string, value: number, facts?: Facts | undefined])[] = [];
  let spans = 0;
  const below =
    (parent: string): Telemetry['span'] =>
    async (kind, facts, work) => {
      spans += 1;
      const name = `${kind} ${spans}`;
      told.push([name, `below ${parent}`, facts]);
      const span: Span = {
        span: below(name),
        tell: (more) => void told.push([name, 'tell', more]),
        event: (event, more) => void told.push([name, event, more]),
      };
      try {
        return await work(span);
      } catch (error) {
        told.push([name, `failed: ${error instanceof IndexingError ? error.code : String(error)}`]);
        throw error;
      }
    };
  const telemetry: Telemetry = {
    span: below('nothing'),
    record: (metric, value, facts) => void recorded.push([metric, value, facts]),
  };
  return { telemetry, told, recorded };
}

const guardWith = (telemetry: Telemetry, options: Partial<GuardOptions> = {}) =>
  createGuard({
    ...{ dependency: 'qdrant', server: 'qdrant.test:6333', timeoutMs: 1_000, attemptsMax: 4 },
    ...{ backoffMs: { first: 100, longest: 100 }, breaker: { failures: 2, openMs: 5_000 }, random: () => 1 },
    ...{ telemetry, ...options },
  });

const service = { dependency: 'qdrant', server: 'qdrant.test:6333' };
const call = { kind: 'database', facts: { operation: 'count_points' } } as const;

it('a call is one span, and each of its requests is a span below it; a retry is an event of the call and a number', async () => {
  const { telemetry, told, recorded } = recordTelemetry();
  const answers = [unavailable(), 7];
  const done = guardWith(telemetry).run(
    async () => {
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    },
    { call: { ...call, told: (result) => ({ tokens: result }) } },
  );
  await vi.runAllTimersAsync();
  expect(await done).toBe(7);
  const retry = { dependency: 'qdrant', attempt: 1, delayMs: 100, reason: 'service-unavailable' };
  expect(told).toEqual([
    ['database 1', 'below nothing', { ...service, operation: 'count_points' }],
    ['request 2', 'below database 1', { ...service, attempt: 1 }],
    ['request 2', 'failed: service-unavailable'],
    ['database 1', 'retry', retry],
    ['request 3', 'below database 1', { ...service, attempt: 2 }],
    ['database 1', 'tell', { tokens: 7 }],
  ]);
  expect(recorded).toEqual([['lockstep.retries', 1, { dependency: 'qdrant', reason: 'service-unavailable' }]]);
});

it('a request without an answer in time is told as a timeout', async () => {
  const { telemetry, told } = recordTelemetry();
  const done = guardWith(telemetry, { attemptsMax: 1 }).run(() => new Promise<never>(() => {}), { call });
  done.catch(() => {});
  await vi.runAllTimersAsync();
  await expect(done).rejects.toMatchObject({ code: 'service-unavailable' });
  expect(told).toContainEqual(['request 2', 'tell', { error: 'timeout' }]);
  expect(told.at(-1)).toEqual(['database 1', 'failed: service-unavailable']);
});

it('the breaker that opens, lets a probe through and closes is told to every call under way, and as a number', async () => {
  const { telemetry, told, recorded } = recordTelemetry();
  const guard = guardWith(telemetry, { attemptsMax: 10 });
  let isDown = true;
  const attempt = async (): Promise<string> => {
    if (isDown) throw unavailable();
    return 'done';
  };
  const calls = [guard.run(attempt, { call }), guard.run(attempt, { call })];
  await vi.advanceTimersByTimeAsync(0);
  isDown = false;
  await vi.runAllTimersAsync();
  expect(await Promise.all(calls)).toEqual(['done', 'done']);
  const of = (span: string) => told.filter(([name]) => name === span).map(([, what]) => what);
  for (const span of ['database 1', 'database 2']) expect(of(span)).toContain('breaker-opened');
  expect([...of('database 1'), ...of('database 2')]).toEqual(
    expect.arrayContaining(['breaker-half-open', 'breaker-closed']),
  );
  const states = recorded.filter(([metric]) => metric === 'lockstep.breaker.state').map(([, value]) => value);
  expect(states).toEqual([2, 1, 0]);
});

it('the wait for the rate limit is an event of the call, with how long it was', async () => {
  const { telemetry, told } = recordTelemetry();
  const before = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));
  const done = guardWith(telemetry).run(async () => 'done', { call, before });
  await vi.runAllTimersAsync();
  expect(await done).toBe('done');
  expect(told).toContainEqual(['database 1', 'rate-limit-waited', { dependency: 'qdrant', delayMs: 300 }]);
});

it('a request that another call gave a free place is below its own call', async () => {
  const { telemetry, told } = recordTelemetry();
  const guard = guardWith(telemetry, { concurrency: 1 });
  const release = Promise.withResolvers<string>();
  const first = guard.run(() => release.promise, { call });
  const second = guard.run(async () => 'second', { call });
  await vi.advanceTimersByTimeAsync(0);
  release.resolve('first');
  await vi.runAllTimersAsync();
  expect(await Promise.all([first, second])).toEqual(['first', 'second']);
  const parents = told.filter(([, what]) => what.startsWith('below database')).map(([, what]) => what);
  expect(parents).toEqual(['below database 1', 'below database 2']);
});
