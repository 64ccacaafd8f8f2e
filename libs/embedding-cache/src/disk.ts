import { IndexingError } from '@lockstep/model';
import { SYSTEM_CALLS, type FileSystem } from './file-system.ts';

/** Codes of the system in plain words. */
const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
};

/**
 * The same calls, whose system errors are `disk-failed`: the message names the file, the operation and the code of the
 * system.
 */
export function withDiskErrors(files: FileSystem): FileSystem {
  const opened = new Map<number, string>();
  const ofFile = (file: number): string => opened.get(file) ?? 'a file';

  function withDiskError<Result>(verb: string, path: string, call: () => Result): Result {
    try {
      return call();
    } catch (error) {
      throw asDiskFailure(error, verb, path);
    }
  }

  return {
    makeFolder: (path) => withDiskError('make the folder', path, () => files.makeFolder(path)),
    open(path, flags) {
      const file = withDiskError('open', path, () => files.open(path, flags));
      opened.set(file, path);
      return file;
    },
    write: (file, bytes) => withDiskError('write', ofFile(file), () => files.write(file, bytes)),
    sync: (file) => withDiskError('write', ofFile(file), () => files.sync(file)),
    syncFolder: (path) => withDiskError('write the folder', path, () => files.syncFolder(path)),
    truncate: (file, bytes) => withDiskError('shorten', ofFile(file), () => files.truncate(file, bytes)),
    close: (file) => withDiskError('close', ofFile(file), () => files.close(file)),
    rename: (from, to) => withDiskError('replace', to, () => files.rename(from, to)),
    remove: (path) => withDiskError('delete', path, () => files.remove(path)),
  };
}

/** The real disk. A call that the system refuses fails with `disk-failed`, which names the file. */
export const DISK: FileSystem = withDiskErrors(SYSTEM_CALLS);

/** `disk-failed` for an error of a system call, some of which have no code; any other error is returned unchanged. */
function asDiskFailure(error: unknown, verb: string, path: string): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error ? String(error.code) : '';
  const hasCode = /^E[A-Z0-9]+$/.test(code);
  if (!hasCode && !('syscall' in error)) return error;
  const reason = hasCode ? REASONS[code] : error.message.replace(/^[ ,]+/, '');
  return new IndexingError({
    code: 'disk-failed',
    message: `Could not ${verb} ${path} (${[code, reason].filter(Boolean).join(': ')}).`,
    details: hasCode ? { errno: code } : {},
  });
}

/** Removes the files that a failed call left behind. Never fails, so that the error of that call is reported. */
export function discard(files: FileSystem, ...paths: readonly string[]): void {
  for (const path of paths) {
    try {
      files.remove(path);
    } catch {
      // The next call overwrites the file.
    }
  }
}
