import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DISK } from '@lockstep/embedding-cache';

/** Path of the state directory, which may not exist. */
export function stateDirectory(root: string, flag: string | undefined): string {
  return flag === undefined ? join(root, '.lockstep') : resolve(flag);
}

/**
 * Path of the state directory, with caches, receipts and embedded data. Creates it, readable by its owner only and
 * ignored by git.
 */
export function openStateDirectory(root: string, flag: string | undefined): string {
  const directory = stateDirectory(root, flag);
  DISK.makeFolder(directory);
  const ignore = join(directory, '.gitignore');
  if (!existsSync(ignore)) writeFileSync(ignore, '*\n', { mode: 0o600 });
  return directory;
}

/** Folder with the files that the stages of one corpus write. */
export function corpusFolder(stateDirectory: string, corpus: string): string {
  return join(stateDirectory, corpus);
}
