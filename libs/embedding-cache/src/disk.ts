import { IndexingError } from '@lockstep/model';
import { SYSTEM_CALLS, type FileSystem } from './file-system.ts';

/** What a user may want to know of the codes of the system. */
const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
};

/**
 * The same calls, each of which fails with `disk-failed` where the system refuses it: the message names the file, what
 * was to be done with it, and the system's code.
 */
export function withDiskErrors(files: FileSystem): FileSystem {
  const opened = new Map<number, string>();
  const ofFile = (file: number): string => opened.get(file) ?? 'a file';

  function told<Result>(verb: string, path: string, call: () => Result): Result {
    try {
      return call();
    } catch (error) {
      throw asDiskFailure(error, verb, path);
    }
  }

  return {
    makeFolder: (path) => told('make the folder', path, () => files.makeFolder(path)),
    open(path, flags) {
      const file = told('open', path, () => files.open(path, flags));
      opened.set(file, path);
      return file;
    },
    write: (file, bytes) => told('write', ofFile(file), () => files.write(file, bytes)),
    sync: (file) => told('write', ofFile(file), () => files.sync(file)),
    syncFolder: (path) => told('write the folder', path, () => files.syncFolder(path)),
    truncate: (file, bytes) => told('shorten', ofFile(file), () => files.truncate(file, bytes)),
    close: (file) => told('close', ofFile(file), () => files.close(file)),
    rename: (from, to) => told('replace', to, () => files.rename(from, to)),
    remove: (path) => told('delete', path, () => files.remove(path)),
  };
}

/** The disk itself. A call that the system refuses fails with `disk-failed`, naming the file. */
export const DISK: FileSystem = withDiskErrors(SYSTEM_CALLS);

/** An error of a system call, with a code or, of some calls, without one; any other error stays what it is. */
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

/** Removes what a failed call left unfinished. That failure is what is told, so that this one never fails. */
export function discard(files: FileSystem, ...paths: readonly string[]): void {
  for (const path of paths) {
    try {
      files.remove(path);
    } catch {
      // The next one overwrites it.
    }
  }
}
