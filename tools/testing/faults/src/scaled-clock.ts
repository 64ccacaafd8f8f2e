import type { Clock } from '@lockstep/model';
import { SYSTEM_CLOCK } from '@lockstep/resilience';

/**
 * A clock that is `speed` times as fast as real time: with 100, the 30 s of a script take 300 ms. The client of the
 * faulty service needs such a clock too.
 */
export function scaledClock(speed: number): Clock {
  const startedAt = SYSTEM_CLOCK.now();
  return {
    now: () => startedAt + (SYSTEM_CLOCK.now() - startedAt) * speed,
    sleep: (ms, signal) => SYSTEM_CLOCK.sleep(ms / speed, signal),
  };
}
