/** Runs jobs with at most `limit` under way; the first failure stops it. */
export interface Limiter {
  /** Starts a job once there is room. Throws what an earlier job failed with. */
  add(job: () => Promise<void>): Promise<void>;
  /** Waits for all jobs. Throws what the first failed one failed with. */
  drain(): Promise<void>;
  /** Waits for all jobs, whatever becomes of them: for a caller that fails for a reason of its own. */
  settle(): Promise<void>;
}

export function createLimiter(limit: number): Limiter {
  const running = new Set<Promise<void>>();
  let failure: { error: unknown } | undefined;

  /** Lets what is under way end, so that nothing that was paid for is lost, before it throws. */
  async function check(): Promise<void> {
    if (failure === undefined) return;
    await Promise.all(running);
    throw failure.error;
  }

  return {
    async add(job) {
      while (running.size >= limit) await Promise.race(running);
      await check();
      const done: Promise<void> = job()
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => running.delete(done));
      running.add(done);
    },
    async drain() {
      await Promise.all(running);
      await check();
    },
    async settle() {
      await Promise.all(running);
    },
  };
}
