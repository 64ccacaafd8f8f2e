import { acquireFileLock, FileLockTimeoutError } from '@lockstep/file-lock';
import { IndexingError } from '@lockstep/model';

/**
 * Runs `work` with the lock of a cache. Fails with `lock-timeout`, and with `disk-failed` when the lock file beside the
 * cache cannot be made.
 */
export async function withCacheLock<Result>(
  cache: { readonly path: string; readonly lockWaitMs: number; readonly signal?: AbortSignal | undefined },
  work: () => Result,
): Promise<Result> {
  const lock = await acquireFileLock({
    path: `${cache.path}.lock`,
    waitMs: cache.lockWaitMs,
    purpose: 'writing to the embedding cache',
    signal: cache.signal,
  }).catch((error: unknown) => {
    if (!(error instanceof Error) || cache.signal?.aborted === true) throw error;
    const code = error instanceof FileLockTimeoutError ? 'lock-timeout' : 'disk-failed';
    throw new IndexingError({ code, message: error.message });
  });
  try {
    return work();
  } finally {
    await lock.release();
  }
}
