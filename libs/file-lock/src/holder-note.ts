import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import process from 'node:process';

/** Who said last that it holds a lock: for messages only, it may be out of date or wrong. */
export interface FileLockHolder {
  /** Process id on this machine. */
  readonly pid: number;
  /** What the holder said that it does, such as `load-neon`; empty when it said nothing. */
  readonly purpose: string;
}

/** The file beside the lock in which its holder introduces itself. */
function holderNotePath(lockPath: string): string {
  return `${lockPath}.holder`;
}

/** Writes the note. A failure is ignored: the lock is held all the same, and only a message gets poorer. */
export function writeHolderNote(lockPath: string, purpose: string): void {
  const holder: FileLockHolder = { pid: process.pid, purpose };
  try {
    writeFileSync(holderNotePath(lockPath), `${JSON.stringify(holder)}\n`);
  } catch {
    // The note is a courtesy; see the docstring.
  }
}

/** Removes the note. Call it while the lock is still held, or the next holder's note may go. Failures are ignored. */
export function removeHolderNote(lockPath: string): void {
  try {
    rmSync(holderNotePath(lockPath), { force: true });
  } catch {
    // A note left behind is overwritten by the next holder.
  }
}

/** Reads the note; `undefined` when there is none, when it is half written, or when it is not a note. */
export function readHolderNote(lockPath: string): FileLockHolder | undefined {
  try {
    const note: unknown = JSON.parse(readFileSync(holderNotePath(lockPath), 'utf8'));
    if (typeof note !== 'object' || note === null || !('pid' in note) || !('purpose' in note)) return undefined;
    const { pid, purpose } = note;
    return typeof pid === 'number' && typeof purpose === 'string' ? { pid, purpose } : undefined;
  } catch {
    return undefined;
  }
}
