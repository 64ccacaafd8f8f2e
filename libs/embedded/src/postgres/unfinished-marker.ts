import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Runs `open` on a Postgres directory, after it deleted one whose first `open` was interrupted.
 *
 * A new directory is filled file by file, so a process that is killed meanwhile leaves one that looks like a database.
 * A marker beside the directory exists until its first `open` has ended; a call that finds the marker deletes the
 * directory and starts again. Nothing is lost, since nothing could be written to that database yet. A directory that
 * was not empty at first is never deleted. The caller holds the lock of the directory.
 */
export async function withUnfinishedMarker<T>(directory: string, open: () => Promise<T>): Promise<T> {
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
