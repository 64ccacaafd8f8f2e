import type { Clock } from '@lockstep/model';
import { SYSTEM_CLOCK } from '@lockstep/resilience';

/**
 * Real time, faster: on a clock of 100, the 30 s of a script take 300 ms. Whoever waits for the faulty service needs such
 * a clock as well.
 */
export function scaledClock(speed: number): Clock {
  const startedAt = SYSTEM_CLOCK.now();
  return {
    now: () => startedAt + (SYSTEM_CLOCK.now() - startedAt) * speed,
    sleep: (ms, signal) => SYSTEM_CLOCK.sleep(ms / speed, signal),
  };
}
