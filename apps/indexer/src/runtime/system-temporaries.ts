import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Artifacts, Scratch } from '@lockstep/model';
import { createDiskArtifacts } from './disk-artifacts.ts';
import type { Temporaries } from './temporaries.ts';

/** Temporary files of one command, outside the state directory. */
export interface SystemTemporaries extends Temporaries {
  /** Temporary files that are sorted. Nothing is made on disk before something is written. */
  readonly artifacts: Pick<Artifacts, 'scratch' | 'placeOf'>;
  /** Removes all of them. */
  close(): void;
}

/** Opens a folder among the temporary files of the system, which is made when it is first needed. */
export function openSystemTemporaries(): SystemTemporaries {
  let folder: string | undefined;
  let count = 0;
  const temporaries: Temporaries = {
    path() {
      folder ??= mkdtempSync(join(tmpdir(), 'lockstep-'));
      count += 1;
      return join(folder, String(count));
    },
    remove: (path) => rmSync(path, { recursive: true, force: true }),
  };

  async function scratch(): Promise<Scratch> {
    let made: Promise<Scratch> | undefined;
    const open = (): Promise<Scratch> => (made ??= createDiskArtifacts(temporaries.path(), temporaries).scratch());
    return {
      write: async (name) => (await open()).write(name),
      async *read(name) {
        yield* (await open()).read(name);
      },
      dispose: async () => (await made)?.dispose(),
    };
  }

  return {
    ...temporaries,
    artifacts: { scratch, placeOf: () => undefined },
    close() {
      if (folder !== undefined) temporaries.remove(folder);
    },
  };
}
