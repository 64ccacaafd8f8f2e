import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** SQLite's primary result codes for a locked database: https://www.sqlite.org/rescode.html (read 2026-11-21). */
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;

/** An open file that can be taken by one connection of the machine at a time. */
export interface ExclusiveFile {
  /** True when this connection now has the file, false when another one has it. Never waits. */
  tryTake(): boolean;
  /** Gives the file back, if it was taken, and closes it. Repeating it does nothing. */
  close(): void;
}

/**
 * Opens `path`, made when it is missing, as an empty SQLite database whose exclusive transaction is the lock.
 *
 * SQLite uses the locks of the operating system, which end with the process that has them, and it also excludes a
 * second connection of the same process, which those locks alone do not. Nothing is ever written to the file. The
 * journal is in memory, since the next holder would have to roll back a journal file that a killed holder left.
 *
 * @throws Error naming the path when it cannot be opened or written, or when it is another kind of file.
 */
export function openExclusiveFile(path: string): ExclusiveFile {
  const database = withPathInErrors(path, () => {
    // SQLite also opens a file that it may only read, and then gives its exclusive transaction to several at once.
    accessSync(existsSync(path) ? path : dirname(path), constants.W_OK);
    return new DatabaseSync(path);
  });
  return {
    tryTake() {
      return withPathInErrors(path, () => {
        try {
          database.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
          return true;
        } catch (error) {
          if (isTakenByAnother(error)) return false;
          throw error;
        }
      });
    },
    close() {
      if (database.isOpen) database.close();
    },
  };
}

function isTakenByAnother(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const result = 'errcode' in error ? error.errcode : undefined;
  // The lowest byte is the primary code, also in extended codes such as SQLITE_BUSY_SNAPSHOT.
  if (typeof result === 'number') return (result & 0xff) === SQLITE_BUSY || (result & 0xff) === SQLITE_LOCKED;
  return /database (?:table )?is locked/.test(error.message);
}

function withPathInErrors<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `Cannot use ${path} as a lock file (${reason}). Give a path that can be written and that nothing else uses.`,
      {
        cause: error,
      },
    );
  }
}
