import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DISK } from '@lockstep/embedding-cache';

/** The state directory of a workspace: caches, receipts, embedded data. Made when missing, for its owner alone, and ignored by git. */
export function openStateDirectory(root: string, flag: string | undefined): string {
  const directory = flag === undefined ? join(root, '.lockstep') : resolve(flag);
  DISK.makeFolder(directory);
  const ignore = join(directory, '.gitignore');
  if (!existsSync(ignore)) writeFileSync(ignore, '*\n', { mode: 0o600 });
  return directory;
}

/** Where the stages of one corpus leave their files. */
export function corpusFolder(stateDirectory: string, corpus: string): string {
  return join(stateDirectory, corpus);
}
