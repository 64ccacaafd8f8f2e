import { describe, expect, it } from 'vitest';
import { createLane } from './bounded.ts';

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

describe('a lane', () => {
  it('starts a job only when there is room', async () => {
    const lane = createLane(2);
    const gates = [createGate(), createGate(), createGate()] as const;
    await lane.add(gates[0].job);
    await lane.add(gates[1].job);
    let added = false;
    const third = lane.add(gates[2].job).then(() => (added = true));
    await settled();
    expect([gates[1].started, gates[2].started, added]).toEqual([true, false, false]);
    gates[1].open();
    await third;
    expect(gates[2].started).toBe(true);
    gates[0].open();
    gates[2].open();
    await lane.drain();
  });

  it('lets what is under way end before it tells of a failure, and starts nothing more', async () => {
    const lane = createLane(2);
    const gates = [createGate(), createGate(), createGate()] as const;
    await lane.add(gates[0].job);
    await lane.add(gates[1].job);
    let told: unknown;
    const third = lane.add(gates[2].job).catch((error: unknown) => (told = error));
    gates[0].fail(new Error('first'));
    await settled();
    expect(told).toBeUndefined();
    gates[1].fail(new Error('second'));
    await third;
    expect([told, gates[2].started]).toEqual([new Error('first'), false]);
    await expect(lane.drain()).rejects.toThrow('first');
  });

  it('waits for all jobs when it is drained', async () => {
    const lane = createLane(3);
    const gate = createGate();
    await lane.add(gate.job);
    let drained = false;
    const drain = lane.drain().then(() => (drained = true));
    await settled();
    expect(drained).toBe(false);
    gate.open();
    await drain;
  });
});
