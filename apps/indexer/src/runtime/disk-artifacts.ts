import { createReadStream, existsSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { IndexingError, type Artifacts, type ArtifactWriter, type Scratch } from '@lockstep/model';
import type { Temporaries } from './temporaries.ts';

/** Characters gathered before they are written out. */
const BLOCK_UNITS = 256 * 1024;

/** Only its owner reads what a corpus holds. */
const MODE = 0o600;

/** The files of one corpus in its folder of the state directory. */
export function createDiskArtifacts(folder: string, temporaries: Temporaries): Artifacts {
  return {
    async *read(name) {
      const path = join(folder, name);
      if (!existsSync(path)) throw missing(name);
      yield* createReadStream(path, { highWaterMark: BLOCK_UNITS });
    },
    write: (name) => openWriter(join(folder, name), temporaries.path()),
    remove: (name) => rm(join(folder, name), { force: true }),
    async scratch(): Promise<Scratch> {
      const place = temporaries.path();
      await mkdir(place, { recursive: true });
      return {
        write: (name) => openWriter(join(place, name), join(place, `${name}.unfinished`)),
        read: (name) => createReadStream(join(place, name), { highWaterMark: BLOCK_UNITS }),
        dispose: () => rm(place, { recursive: true, force: true }),
      };
    },
  };
}

function missing(name: string): IndexingError {
  const stage = name.split('/', 1)[0] as string;
  return new IndexingError({
    code: 'artifact-missing',
    message: `This corpus has no ${name} yet. Run \`indexer ${stage}\` on it first.`,
    details: { name },
  });
}

/** Writes elsewhere, and renames when it is whole. */
async function openWriter(path: string, temporary: string): Promise<ArtifactWriter> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(temporary, 'w', MODE);
  let pending = '';
  let open_ = true;

  async function flush(): Promise<void> {
    const text = pending;
    pending = '';
    await file.writeFile(text);
  }

  return {
    async write(text) {
      pending += text;
      if (pending.length >= BLOCK_UNITS) await flush();
    },
    async close() {
      if (!open_) return;
      open_ = false;
      await flush();
      await file.close();
      await rename(temporary, path);
    },
    async discard() {
      if (!open_) return;
      open_ = false;
      await file.close();
      await rm(temporary, { force: true });
    },
  };
}
