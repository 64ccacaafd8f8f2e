import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { openExclusiveFile } from './exclusive-file.ts';
import type { ExclusiveFile } from './exclusive-file.ts';
import { FileLockTimeoutError } from './file-lock-timeout-error.ts';
import { readHolderNote, removeHolderNote, writeHolderNote } from './holder-note.ts';
import type { FileLockHolder } from './holder-note.ts';

/** How {@link acquireFileLock} takes a lock. */
export interface AcquireFileLockOptions {
  /** The lock file. It and its folders are made when they are missing; the file stays, empty, after release. */
  readonly path: string;
  /** How long to wait for another holder, in milliseconds; 0 tries once. */
  readonly waitMs: number;
  /**
   * Pause between two tries, in milliseconds, above 0; every pause is shortened at random by up to half.
   *
   * @default 50
   */
  readonly pollMs?: number;
  /** Ends the wait; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * What the lock is for, in a few words: other processes show it in their messages. Nothing secret.
   *
   * @default ''
   */
  readonly purpose?: string;
  /** Called once when there is something to wait for, with the last known holder (it may be out of date). */
  readonly onWait?: (holder: FileLockHolder | undefined) => void;
}

/** A lock that is held until `release` is called or the process ends. */
export interface FileLock {
  readonly path: string;
  /** Gives the lock back at once. Repeating it does nothing. */
  release(): void;
}

/** Short compared with the seconds that a lock is usually held, long compared with the 0.1 ms of one try. */
const POLL_MS_DEFAULT = 50;

/**
 * Keeps the connections of held locks reachable: a lock whose caller kept no reference to it would otherwise be
 * closed, and so given back, by the garbage collector.
 */
const lockedFiles = new Set<ExclusiveFile>();

/**
 * Resolves when this caller alone holds the lock at `path`, over all processes of the machine and within this one.
 *
 * The operating system holds it: it is free at once when its holder is killed, and it is never taken from a holder that
 * lives, however long that takes. Waiting does not block the event loop. Any of several waiters may be next.
 * Only for local disks; nothing else may open, copy or delete the lock file while it is in use, since closing any
 * other handle to a file gives back a process's locks on it on POSIX systems.
 *
 * @throws {FileLockTimeoutError} when the lock was not free within `waitMs`.
 * @throws {RangeError} when `waitMs` or `pollMs` is out of range.
 * @throws {Error} naming the path when it cannot be written or is another kind of file.
 */
export async function acquireFileLock(options: AcquireFileLockOptions): Promise<FileLock> {
  const { waitMs, pollMs = POLL_MS_DEFAULT, signal, purpose = '', onWait } = options;
  if (!(waitMs >= 0 && Number.isFinite(waitMs))) throw new RangeError(`waitMs must be 0 or more and finite: ${waitMs}`);
  if (!(pollMs > 0 && Number.isFinite(pollMs))) throw new RangeError(`pollMs must be above 0 and finite: ${pollMs}`);
  signal?.throwIfAborted();

  const path = resolve(options.path);
  mkdirSync(dirname(path), { recursive: true });
  const file = openExclusiveFile(path);
  try {
    const startedAt = performance.now();
    let isWaiting = false;
    while (!file.tryTake()) {
      const waitedMs = performance.now() - startedAt;
      if (waitedMs >= waitMs) throw new FileLockTimeoutError({ path, waitedMs, holder: readHolderNote(path) });
      if (!isWaiting) onWait?.(readHolderNote(path));
      isWaiting = true;
      await pause({ pauseMs: Math.min(pollMs * (1 - Math.random() / 2), waitMs - waitedMs), signal });
    }
  } catch (error) {
    file.close();
    throw error;
  }

  lockedFiles.add(file);
  writeHolderNote(path, purpose);
  return {
    path,
    release() {
      if (!lockedFiles.delete(file)) return;
      // While the lock is held: afterwards the note may already be the next holder's.
      removeHolderNote(path);
      file.close();
    },
  };
}

async function pause({ pauseMs, signal }: { pauseMs: number; signal: AbortSignal | undefined }): Promise<void> {
  try {
    await sleep(pauseMs, undefined, { signal });
  } catch (error) {
    // Throws the reason itself, which `sleep` wraps in an AbortError.
    signal?.throwIfAborted();
    throw error;
  }
}
