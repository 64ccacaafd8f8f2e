import type { Clock } from '@lockstep/model';

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /** Moves the time forward, and ends the waits that are over then. */
  advance(ms: number): void;
  /** Resolves as soon as this many callers sleep at the same time. */
  sleepers(count: number): Promise<void>;
}

export function createManualClock(): ManualClock {
  let now = 0;
  let onSleep = (): void => {};
  const waiting = new Map<() => void, number>();
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason);
        const wake = (): void => {
          waiting.delete(wake);
          resolve();
        };
        signal?.addEventListener('abort', () => {
          if (waiting.delete(wake)) reject(signal.reason);
        });
        waiting.set(wake, now + ms);
        onSleep();
      }),
    advance(ms) {
      now += ms;
      for (const [wake, at] of [...waiting]) if (at <= now) wake();
    },
    sleepers: (count) =>
      new Promise((resolve) => {
        onSleep = () => {
          if (waiting.size >= count) resolve();
        };
        onSleep();
      }),
  };
}
