import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SYSTEM_CLOCK } from './system-clock.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

it('the system clock sleeps for the given time, and leaves no listener at the signal', async () => {
  const controller = new AbortController();
  const removed = vi.spyOn(controller.signal, 'removeEventListener');
  let awake = false;
  const slept = SYSTEM_CLOCK.sleep(100, controller.signal).then(() => (awake = true));
  await vi.advanceTimersByTimeAsync(99);
  expect(awake).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await slept;
  expect(removed).toHaveBeenCalledOnce();
});

it('an aborted signal ends a sleep at once with its reason, and leaves no timer', async () => {
  const controller = new AbortController();
  const reason = new Error('stop');
  const slept = SYSTEM_CLOCK.sleep(100_000, controller.signal);
  controller.abort(reason);
  await expect(slept).rejects.toBe(reason);
  await expect(SYSTEM_CLOCK.sleep(100_000, controller.signal)).rejects.toBe(reason);
  expect(vi.getTimerCount()).toBe(0);
});
