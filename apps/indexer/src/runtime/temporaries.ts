import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DISK, type FileSystem } from '@lockstep/embedding-cache';

/** How many were named in this process, which may have one corpus open several times. */
let named = 0;

/** Temporary files of one corpus, in another folder than the outputs of stages, so that Nx never caches one. */
export interface Temporaries {
  /** Returns a path for a new temporary file or folder; its name has the id of this process. */
  path(): string;
  /** Removes one of them, if it exists. */
  remove(path: string): void;
}

/** For files of a corpus to which nothing is written. */
export const NO_TEMPORARIES: Temporaries = {
  path: () => {
    throw new Error('expected no temporary file');
  },
  remove: () => {},
};

/** Opens the folder of temporary files, and removes those of processes that have ended. */
export function openTemporaries(folder: string, files: FileSystem = DISK): Temporaries {
  const temporaryFolder = join(folder, 'tmp');
  files.makeFolder(temporaryFolder);
  for (const name of readdirSync(temporaryFolder)) {
    const pid = Number(name.split('-', 1)[0]);
    if (!isAlive(pid)) files.remove(join(temporaryFolder, name));
  }
  return {
    path() {
      named += 1;
      return join(temporaryFolder, `${process.pid}-${named}-${Date.now()}`);
    },
    remove: (path) => files.remove(path),
  };
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // The process exists and belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
