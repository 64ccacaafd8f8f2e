export { acquireFileLock } from './acquire-file-lock.ts';
export type { AcquireFileLockOptions, FileLock } from './acquire-file-lock.ts';
export { FileLockTimeoutError } from './file-lock-timeout-error.ts';
export type { FileLockHolder } from './holder-note.ts';
