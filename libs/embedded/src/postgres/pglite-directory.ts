import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Runs `open` on a Postgres directory so that a first opening that was cut off is not taken for a database.
 *
 * A new directory is filled file by file, so a process killed in the middle leaves one that looks like a database and
 * is none. A marker beside the directory says that its first opening is not over; whoever finds the marker clears the
 * directory and begins again. Nothing can be lost: nobody was given a database to write to yet. A directory that was
 * not empty before is never cleared. The caller holds the directory's lock.
 */
export async function withDirectoryMadeWhole<T>(directory: string, open: () => Promise<T>): Promise<T> {
  const marker = `${directory}.unfinished`;
  if (existsSync(marker)) rmSync(directory, { recursive: true, force: true });
  const isNew = !existsSync(directory) || readdirSync(directory).length === 0;
  if (isNew) {
    writeFileSync(marker, 'The database beside this file is being made for the first time.\n');
  }
  const opened = await open();
  rmSync(marker, { force: true });
  return opened;
}
