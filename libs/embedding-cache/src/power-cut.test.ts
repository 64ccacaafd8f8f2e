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

/** What a power cut leaves of what was not synced: a share of the bytes, and the names that files and folders were given. */
interface Survival {
  readonly bytes: number;
  readonly newNames: boolean;
  readonly renames: boolean;
}

/** A disk that forgets, when the power goes, what was not synced: bytes of files, and their names and those of folders. */
interface ForgetfulDisk extends FileSystem {
  /** From now on, every call from this one on fails, counted from 1, as if the process were gone. */
  dieAt(call: number): void;
  cutPower(survival: Survival): void;
}

interface NameChange {
  readonly folder: string;
  readonly isRename: boolean;
  undo(): void;
}

const GONE = 'the process is gone';

function forgetfulDisk(): ForgetfulDisk {
  const paths = new Map<number, string>();
  const syncedBytes = new Map<string, number>();
  let unsyncedNames: NameChange[] = [];
  let calls = 0;
  let last = 0;
  function step(): void {
    calls += 1;
    if (calls >= last) throw new Error(GONE);
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

/** What a process does until it is gone. */
async function untilGone(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return false;
  } catch (error) {
    if (!(error instanceof Error) || error.message !== GONE) throw error;
    return true;
  }
}

const LOCK = { lockWaitMs: 1_000 };

it('loses no embedding that was acknowledged or found, wherever a process dies or the power goes, however often', async () => {
  const life = fc.record({
    batches: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 0, maxLength: 4 }),
    dieAt: fc.integer({ min: 1, max: 16 }),
    // A process that is killed leaves everything as it is, synced or not.
    cut: fc.option(fc.record({ bytes: fc.constantFrom(0, 0.3, 0.8, 1), newNames: fc.boolean() })),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 4 }), async (lives) => {
      const folder = mkdtempSync(join(tmpdir(), 'lockstep-power-'));
      const path = join(folder, 'cache', 'model.jsonl');
      const disk = forgetfulDisk();
      const open = (files: FileSystem) =>
        openEmbeddingCache({ path, slicePath: join(folder, 'slice'), dimensions: 2, ...LOCK, files });
      const offered: string[] = [];
      const paid = new Set<string>();
      for (const { batches, dieAt, cut } of lives) {
        disk.dieAt(dieAt);
        await untilGone(async () => {
          const cache = await open(disk);
          try {
            // What is held is not embedded again, and goes into receipts.
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
      // Who made the folder is killed before anything of it is synced.
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

it('loses no line in a repair, sound or damaged, wherever the process dies or the power goes', async () => {
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
    let isGone = true;
    for (let dieAt = 1; isGone; dieAt += 1) {
      const folder = mkdtempSync(join(tmpdir(), 'lockstep-power-'));
      const path = join(folder, 'model.jsonl');
      writeFileSync(path, before);
      const disk = forgetfulDisk();
      disk.dieAt(dieAt);
      const repair = (files: FileSystem) => repairEmbeddingCache({ path, dimensions: 2, ...LOCK, files });
      isGone = await untilGone(() => repair(disk));
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

it('has a disk in this test that does forget', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-power-'));
  const [path, fresh, other] = [join(folder, 'file'), join(folder, 'new'), join(folder, 'other')] as const;
  const disk = forgetfulDisk();
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
