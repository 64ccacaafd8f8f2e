import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DISK } from '@lockstep/embedding-cache';

/** Where the state directory is. */
export interface StateDirectoryPlace {
  /** Root of the workspace, which has it by default. */
  readonly root: string;
  /** The folder that the path of the flag is relative to. */
  readonly cwd: string;
  /** The path that was typed. */
  readonly flag: string | undefined;
}

/** Path of the state directory, which may not exist. */
export function stateDirectory({ root, cwd, flag }: StateDirectoryPlace): string {
  return flag === undefined ? join(root, '.lockstep') : resolve(cwd, flag);
}

/**
 * Path of the state directory, with caches, receipts and embedded data. Creates it, readable by its owner only and
 * ignored by git.
 */
export function openStateDirectory(place: StateDirectoryPlace): string {
  const directory = stateDirectory(place);
  DISK.makeFolder(directory);
  const ignore = join(directory, '.gitignore');
  if (!existsSync(ignore)) writeFileSync(ignore, '*\n', { mode: 0o600 });
  return directory;
}

/** Folder with the files that the stages of one corpus write. */
export function corpusFolder(stateDirectory: string, corpus: string): string {
  return join(stateDirectory, corpus);
}
