import { createReadStream, existsSync } from 'node:fs';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { DISK, type FileSystem } from '@lockstep/embedding-cache';
import { IndexingError, type Artifacts, type ArtifactWriter, type Scratch } from '@lockstep/model';
import type { Temporaries } from './temporaries.ts';

/** UTF-16 units that are gathered before they are written, and bytes of one read. */
const BLOCK_UNITS = 256 * 1024;

/** Bytes of one read of a scratch file: up to 256 of them are read side by side. */
const SCRATCH_BLOCK_BYTES = 32 * 1024;

/**
 * The files of one corpus in `folder`, its folder of the state directory.
 *
 * @param outlasts whether the folder is still there when the command has ended. @default true
 */
export function createDiskArtifacts(
  folder: string,
  temporaries: Temporaries,
  files: FileSystem = DISK,
  outlasts = true,
): Artifacts {
  return {
    placeOf: (name) => (outlasts ? shownPath(join(folder, name)) : undefined),
    async *read(name) {
      const path = join(folder, name);
      if (!existsSync(path)) throw missing(name);
      yield* createReadStream(path, { highWaterMark: BLOCK_UNITS });
    },
    write: async (name) => openWriter(files, { path: join(folder, name), temporary: temporaries.path() }),
    remove: async (name) => files.remove(join(folder, name)),
    async scratch(): Promise<Scratch> {
      const scratchFolder = temporaries.path();
      files.makeFolder(scratchFolder);
      return {
        write: async (name) =>
          openWriter(files, { path: join(scratchFolder, name), temporary: join(scratchFolder, `${name}.unfinished`) }),
        read: (name) => createReadStream(join(scratchFolder, name), { highWaterMark: SCRATCH_BLOCK_BYTES }),
        dispose: async () => files.remove(scratchFolder),
      };
    },
  };
}

/** A path as people can open it: from the current folder if it is below it, else from the root. */
export function shownPath(path: string): string {
  const below = relative(process.cwd(), path);
  return below.startsWith('..') || isAbsolute(below) ? path : below;
}

function missing(name: string): IndexingError {
  const stage = name.split('/', 1)[0] as string;
  return new IndexingError({
    code: 'artifact-missing',
    message: `This corpus has no ${name} yet. First run \`indexer ${stage} <corpus>\`.`,
    details: { name },
  });
}

/** Writes to `temporary`, and renames it to `path` when it is closed. */
function openWriter(files: FileSystem, { path, temporary }: { path: string; temporary: string }): ArtifactWriter {
  files.makeFolder(dirname(path));
  const file = files.open(temporary, 'w');
  let pending = '';
  let isOpen = true;

  function flush(): void {
    const text = pending;
    pending = '';
    if (text !== '') files.write(file, Buffer.from(text));
  }

  return {
    async write(text) {
      pending += text;
      if (pending.length >= BLOCK_UNITS) flush();
    },
    async close() {
      if (!isOpen) return;
      isOpen = false;
      flush();
      files.close(file);
      files.rename(temporary, path);
    },
    async discard() {
      if (!isOpen) return;
      isOpen = false;
      files.close(file);
      files.remove(temporary);
    },
  };
}
