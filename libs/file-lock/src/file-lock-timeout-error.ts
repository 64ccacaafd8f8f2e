import type { FileLockHolder } from './holder-note.ts';

/**
 * Thrown when another holder had the lock for the whole of the allowed wait.
 *
 * The message names the lock file, the wait, the last known holder and what to do. Trying again later is safe.
 */
export class FileLockTimeoutError extends Error {
  override readonly name = 'FileLockTimeoutError';
  readonly code = 'file-lock-timeout';
  /** The lock file. */
  readonly path: string;
  /** How long the caller waited, in milliseconds. */
  readonly waitedMs: number;
  /** The last known holder; may be out of date. */
  readonly holder: FileLockHolder | undefined;

  constructor({ path, waitedMs, holder }: { path: string; waitedMs: number; holder: FileLockHolder | undefined }) {
    const purpose = holder === undefined || holder.purpose === '' ? '' : ` (${holder.purpose})`;
    const who = holder === undefined ? 'another process' : `process ${holder.pid}${purpose}`;
    super(
      `The lock ${path} is still held by ${who} after ${Math.round(waitedMs)} ms. ` +
        'Wait until that process is done or stop it, then try again, or allow a longer wait. ' +
        'Do not delete the lock file: it frees itself when its holder ends.',
    );
    this.path = path;
    this.waitedMs = waitedMs;
    this.holder = holder;
  }
}
