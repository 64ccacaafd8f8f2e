import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DISK, type FileSystem } from '@lockstep/embedding-cache';

/** Temporary files of one corpus, apart from its outputs, so that no cache ever takes one for a result. */
export interface Temporaries {
  /** A path for a new temporary file or folder; its name has the id of the process that owns it. */
  path(): string;
  /** Removes one of them, if it is there. */
  remove(path: string): void;
}

/** Opens the folder of temporaries, and removes what processes left that are no more. */
export function openTemporaries(folder: string, files: FileSystem = DISK): Temporaries {
  const place = join(folder, 'tmp');
  files.makeFolder(place);
  for (const name of readdirSync(place)) {
    const pid = Number(name.split('-', 1)[0]);
    if (!isAlive(pid)) files.remove(join(place, name));
  }
  let made = 0;
  return {
    path() {
      made += 1;
      return join(place, `${process.pid}-${made}-${Date.now()}`);
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
    // Somebody else's process is alive too.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
