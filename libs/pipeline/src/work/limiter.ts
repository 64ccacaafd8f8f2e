/** Runs jobs with at most `limit` under way; after the first failure it starts no more. */
export interface Limiter {
  /** Starts a job when fewer than `limit` are under way. Throws the first failure of an earlier job. */
  add(job: () => Promise<void>): Promise<void>;
  /** Waits for all jobs. Throws the first failure. */
  drain(): Promise<void>;
  /** Waits for all jobs and throws nothing: for a caller that has an error of its own to throw. */
  settle(): Promise<void>;
}

export function createLimiter(limit: number): Limiter {
  const running = new Set<Promise<void>>();
  let failure: { error: unknown } | undefined;

  /** Throws the first failure when all running jobs have ended, so that nothing that was paid for is lost. */
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
