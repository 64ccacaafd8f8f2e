import { IndexingError, isIndexingError } from '@lockstep/model';

/**
 * Codes of systems by the numbers that an engine compiled to WebAssembly throws. Source:
 * https://github.com/WebAssembly/wasi-libc/blob/main/libc-bottom-half/headers/public/wasi/wasip1.h, `__WASI_ERRNO_*`, 2026-11.
 */
const ERRNO: Readonly<Record<number, string>> = {
  2: 'EACCES',
  19: 'EDQUOT',
  22: 'EFBIG',
  29: 'EIO',
  33: 'EMFILE',
  44: 'ENOENT',
  51: 'ENOSPC',
  63: 'EPERM',
  69: 'EROFS',
};

/** Results of SQLite about its files. Source: https://sqlite.org/rescode.html, 2026-11. */
const SQLITE_FILES = new Set([8, 10, 13, 14]);

/** What a code means, for those that name no file. */
const WORDS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on the disk',
  EDQUOT: 'the quota of the disk is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'permission is denied',
  EIO: 'the disk failed',
};

/** Why an engine failed, whatever it throws: an error, the number of one, or an object with a message. */
export function engineReason(error: unknown): string {
  const { errno, message, name } = (error ?? {}) as { errno?: unknown; message?: unknown; name?: unknown };
  const code = !(error instanceof Error) && typeof errno === 'number' ? (ERRNO[errno] ?? `errno ${errno}`) : undefined;
  if (code !== undefined) return WORDS[code] === undefined ? code : `${WORDS[code]} (${code})`;
  if (typeof message === 'string' && message !== '') return message;
  return typeof name === 'string' && name !== ''
    ? name
    : typeof error === 'string'
      ? error
      : 'for no reason that it told';
}

/** Whether the disk is why an engine failed, so that another try now fails as well. */
export function isDiskFailure(error: unknown): boolean {
  const { errno, errcode, code } = (error ?? {}) as { errno?: unknown; errcode?: unknown; code?: unknown };
  if (typeof errcode === 'number') return SQLITE_FILES.has(errcode & 0xff);
  if (!(error instanceof Error) && typeof errno === 'number') return ERRNO[errno] !== undefined;
  return typeof code === 'string' && /^(ENOSPC|EDQUOT|EROFS|EACCES|EPERM|EIO|EFBIG)$/.test(code);
}

/** The failure of an engine in this process. Trying again does not help: the engine, or what it needs, is gone. */
export function engineFailure(what: string, error: unknown): IndexingError {
  if (isIndexingError(error)) return error;
  const code = isDiskFailure(error) ? 'disk-failed' : 'engine-failed';
  return new IndexingError({ code, message: `${what}: ${engineReason(error).replace(/\.$/, '')}.` });
}
