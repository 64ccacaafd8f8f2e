import { describe, expect, it } from 'vitest';
import { createLimiter } from './limiter.ts';

interface Gate {
  readonly open: () => void;
  readonly fail: (error: Error) => void;
  readonly job: () => Promise<void>;
  started: boolean;
}

function createGate(): Gate {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const gate: Gate = {
    started: false,
    open: resolve,
    fail: reject,
    job: () => {
      gate.started = true;
      return promise;
    },
  };
  return gate;
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe('a limiter', () => {
  it('starts a job only when fewer than its limit are under way', async () => {
    const limiter = createLimiter(2);
    const gates = [createGate(), createGate(), createGate()] as const;
    await limiter.add(gates[0].job);
    await limiter.add(gates[1].job);
    let added = false;
    const third = limiter.add(gates[2].job).then(() => (added = true));
    await settled();
    expect([gates[1].started, gates[2].started, added]).toEqual([true, false, false]);
    gates[1].open();
    await third;
    expect(gates[2].started).toBe(true);
    gates[0].open();
    gates[2].open();
    await limiter.drain();
  });

  it('lets running jobs end before it throws the first failure, and starts no more', async () => {
    const limiter = createLimiter(2);
    const gates = [createGate(), createGate(), createGate()] as const;
    await limiter.add(gates[0].job);
    await limiter.add(gates[1].job);
    let thrown: unknown;
    const third = limiter.add(gates[2].job).catch((error: unknown) => (thrown = error));
    gates[0].fail(new Error('first'));
    await settled();
    expect(thrown).toBeUndefined();
    gates[1].fail(new Error('second'));
    await third;
    expect([thrown, gates[2].started]).toEqual([new Error('first'), false]);
    await expect(limiter.drain()).rejects.toThrow('first');
  });

  it('waits for all jobs when it is drained', async () => {
    const limiter = createLimiter(3);
    const gate = createGate();
    await limiter.add(gate.job);
    let drained = false;
    const drain = limiter.drain().then(() => (drained = true));
    await settled();
    expect(drained).toBe(false);
    gate.open();
    await drain;
  });
});
