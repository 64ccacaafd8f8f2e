import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sha256Hex } from '@lockstep/model';
import { encodeLine } from './cache-line.ts';
import { DISK } from './disk.ts';
import { openEmbeddingCache } from './embedding-cache.ts';
import { SYSTEM_CALLS, type FileSystem } from './file-system.ts';
import { repairEmbeddingCache } from './repair-embedding-cache.ts';

/** The part of unsynced changes that survives a power cut: a share of the bytes, new names, and renames. */
interface Survival {
  readonly bytes: number;
  readonly newNames: boolean;
  readonly renames: boolean;
}

/** A disk that loses unsynced changes in a power cut: bytes of files, and names of files and folders. */
interface VolatileDisk extends FileSystem {
  /** Makes all calls from number `call` on fail, as if the process had ended. Counts from 1, from now on. */
  dieAt(call: number): void;
  cutPower(survival: Survival): void;
}

interface NameChange {
  readonly folder: string;
  readonly isRename: boolean;
  undo(): void;
}

const PROCESS_ENDED = 'the process has ended';

function volatileDisk(): VolatileDisk {
  const paths = new Map<number, string>();
  const syncedBytes = new Map<string, number>();
  let unsyncedNames: NameChange[] = [];
  let calls = 0;
  let last = 0;
  function step(): void {
    calls += 1;
    if (calls >= last) throw new Error(PROCESS_ENDED);
  }
  function syncedPart(path: string): Buffer | undefined {
    return existsSync(path) ? readFileSync(path).subarray(0, syncedBytes.get(path)) : undefined;
  }
  return {
    ...SYSTEM_CALLS,
    dieAt(call) {
      calls = 0;
      last = call;
    },
    makeFolder(path) {
      step();
      if (existsSync(path)) return;
      const undo = (): void => rmSync(path, { recursive: true, force: true });
      unsyncedNames.push({ folder: dirname(path), isRename: false, undo });
      SYSTEM_CALLS.makeFolder(path);
    },
    open(path, flags) {
      step();
      if (!existsSync(path)) {
        unsyncedNames.push({ folder: dirname(path), isRename: false, undo: () => rmSync(path, { force: true }) });
        syncedBytes.set(path, 0);
      }
      const file = SYSTEM_CALLS.open(path, flags);
      paths.set(file, path);
      if (!syncedBytes.has(path)) syncedBytes.set(path, statSync(path).size);
      return file;
    },
    write(file, bytes) {
      step();
      SYSTEM_CALLS.write(file, bytes);
    },
    sync(file) {
      step();
      const path = paths.get(file) as string;
      syncedBytes.set(path, statSync(path).size);
    },
    syncFolder(folder) {
      step();
      unsyncedNames = unsyncedNames.filter((change) => change.folder !== folder);
    },
    truncate(file, bytes) {
      step();
      SYSTEM_CALLS.truncate(file, bytes);
      const path = paths.get(file) as string;
      syncedBytes.set(path, Math.min(syncedBytes.get(path) as number, bytes));
    },
    rename(from, to) {
      step();
      const replaced = syncedPart(to);
      SYSTEM_CALLS.rename(from, to);
      syncedBytes.set(to, syncedBytes.get(from) as number);
      syncedBytes.delete(from);
      const undo = (): void => {
        renameSync(to, from);
        if (replaced !== undefined) writeFileSync(to, replaced);
      };
      unsyncedNames.push({ folder: dirname(to), isRename: true, undo });
    },
    remove(path) {
      step();
      SYSTEM_CALLS.remove(path);
    },
    cutPower({ bytes, newNames, renames }) {
      for (const [path, synced] of syncedBytes) {
        if (existsSync(path)) truncateSync(path, synced + Math.floor((statSync(path).size - synced) * bytes));
      }
      for (const change of unsyncedNames.toReversed()) if (!(change.isRename ? renames : newNames)) change.undo();
      syncedBytes.clear();
      unsyncedNames = [];
    },
  };
}

/** Runs `work` as a process that may end at a call of its disk, and returns whether it did. */
async function untilProcessEnds(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return false;
  } catch (error) {
    if (!(error instanceof Error) || error.message !== PROCESS_ENDED) throw error;
    return true;
  }
}

const LOCK = { lockWaitMs: 1_000 };

it('no embedding that was acknowledged or found is lost when processes die or the power fails at any call', async () => {
  const life = fc.record({
    batches: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 0, maxLength: 4 }),
    dieAt: fc.integer({ min: 1, max: 16 }),
    // Null for a process that is killed, which loses nothing, synced or not.
    cut: fc.option(fc.record({ bytes: fc.constantFrom(0, 0.3, 0.8, 1), newNames: fc.boolean() })),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 4 }), async (lives) => {
      const folder = mkdtempSync(join(tmpdir(), 'lockstep-power-'));
      const path = join(folder, 'cache', 'model.jsonl');
      const disk = volatileDisk();
      const open = (files: FileSystem) =>
        openEmbeddingCache({ path, slicePath: join(folder, 'slice'), dimensions: 2, ...LOCK, files });
      const offered: string[] = [];
      const paid = new Set<string>();
      for (const { batches, dieAt, cut } of lives) {
        disk.dieAt(dieAt);
        await untilProcessEnds(async () => {
          const cache = await open(disk);
          try {
            // A key that the cache has is not embedded again, so it counts as paid.
            for (const key of offered) if (cache.has(key)) paid.add(key);
            for (const size of batches) {
              const keys = Array.from({ length: size }, (_, at) => sha256Hex(String(offered.length + at)));
              offered.push(...keys);
              await cache.append(keys.map((key) => ({ key, vector: Float32Array.from([1, 2]) })));
              for (const key of keys) paid.add(key);
            }
          } finally {
            await cache.close();
          }
        });
        if (cut !== null) disk.cutPower({ ...cut, renames: false });
      }
      disk.cutPower({ bytes: 0, newNames: false, renames: false });
      const cache = await open(DISK);
      expect([...paid].filter((key) => !cache.has(key))).toEqual([]);
      expect((await cache.vectors([...paid])).every((vector) => vector?.length === 2)).toBe(true);
      await cache.close();
      rmSync(folder, { recursive: true });
    }),
    {
      numRuns: 150,
      // The process that makes the folder is killed before it syncs the folder.
      examples: [
        [
          [
            { batches: [], dieAt: 2, cut: null },
            { batches: [1], dieAt: 16, cut: null },
          ],
        ],
      ],
    },
  );
});

it('no sound or damaged line is lost when a process dies or the power fails at any call of a repair', async () => {
  const sound = [1, 2, 3].map((number) =>
    encodeLine({ key: sha256Hex(String(number)), vector: Float32Array.from([number, 1]) }),
  );
  const damaged = 'what was a line\n';
  const before = [sound[0], damaged, ...sound.slice(1)].join('');
  const after = sound.join('');
  const both = [false, true];
  const cuts = [0, 0.5].flatMap((bytes) =>
    both.flatMap((newNames) => both.map((renames): Survival => ({ bytes, newNames, renames }))),
  );

  for (const cut of [undefined, ...cuts]) {
    let hasEnded = true;
    for (let dieAt = 1; hasEnded; dieAt += 1) {
      const folder = mkdtempSync(join(tmpdir(), 'lockstep-power-'));
      const path = join(folder, 'model.jsonl');
      writeFileSync(path, before);
      const disk = volatileDisk();
      disk.dieAt(dieAt);
      const repair = (files: FileSystem) => repairEmbeddingCache({ path, dimensions: 2, ...LOCK, files });
      hasEnded = await untilProcessEnds(() => repair(disk));
      if (cut !== undefined) disk.cutPower(cut);
      const where = JSON.stringify({ dieAt, cut });
      expect([before, after], where).toContain(readFileSync(path, 'latin1'));
      await repair(DISK);
      expect(readFileSync(path, 'latin1'), where).toBe(after);
      const names = readdirSync(folder);
      const asides = names.filter((name) => name.includes('.damaged-'));
      expect(
        asides.map((name) => readFileSync(join(folder, name), 'latin1')),
        where,
      ).toContain(damaged);
      expect(names.filter((name) => name.endsWith('.repaired'))).toEqual([]);
      rmSync(folder, { recursive: true });
    }
  }
});

it('the disk of this test loses what is not synced', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-power-'));
  const [path, fresh, other] = [join(folder, 'file'), join(folder, 'new'), join(folder, 'other')] as const;
  const disk = volatileDisk();
  const made = (target: string, ...parts: string[]): void => {
    const file = disk.open(target, 'a');
    for (const part of parts) disk.write(file, Buffer.from(part));
    disk.close(file);
  };
  const begin = (): void => {
    writeFileSync(path, 'kept');
    disk.dieAt(99);
    made(path, ' lost');
    made(fresh);
    made(other, 'other');
    disk.makeFolder(join(folder, 'place'));
  };
  begin();
  disk.cutPower({ bytes: 0, newNames: false, renames: false });
  expect(readFileSync(path, 'utf8')).toBe('kept');
  expect(readdirSync(folder)).toEqual(['file']);
  begin();
  disk.syncFolder(folder);
  disk.rename(other, path);
  disk.cutPower({ bytes: 0, newNames: false, renames: false });
  expect(readFileSync(path, 'utf8')).toBe('kept');
  expect(readdirSync(folder)).toEqual(['file', 'new', 'other', 'place']);
  begin();
  disk.rename(other, path);
  disk.cutPower({ bytes: 1, newNames: true, renames: true });
  expect(readFileSync(path, 'utf8')).toBe('other');
  expect(readdirSync(folder)).toEqual(['file', 'new', 'place']);
  rmSync(folder, { recursive: true });
});
