import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sha256Hex } from '@lockstep/model';
import { openEmbeddingCache } from './embedding-cache.ts';
import { DISK, type FileSystem } from './file-system.ts';

/** A disk that forgets, when the power goes, what was not synced: bytes of files, and names of new ones. */
function forgetfulDisk(dieAt: number): FileSystem & { cutPower(survives: number): void } {
  const paths = new Map<number, string>();
  const syncedBytes = new Map<string, number>();
  const unnamed = new Set<string>();
  let calls = 0;
  function step(): void {
    calls += 1;
    if (calls >= dieAt) throw new Error('the power is gone');
  }
  return {
    ...DISK,
    open(path, flags) {
      step();
      if (!existsSync(path)) unnamed.add(path);
      const file = DISK.open(path, flags);
      paths.set(file, path);
      if (!syncedBytes.has(path)) syncedBytes.set(path, unnamed.has(path) ? 0 : statSync(path).size);
      return file;
    },
    write(file, bytes) {
      step();
      DISK.write(file, bytes);
    },
    sync(file) {
      step();
      const path = paths.get(file) as string;
      syncedBytes.set(path, statSync(path).size);
    },
    syncFolder(folder) {
      step();
      for (const path of unnamed) if (dirname(path) === folder) unnamed.delete(path);
    },
    truncate(file, bytes) {
      step();
      DISK.truncate(file, bytes);
      const path = paths.get(file) as string;
      syncedBytes.set(path, Math.min(syncedBytes.get(path) as number, bytes));
    },
    cutPower(survives) {
      for (const [path, bytes] of syncedBytes) {
        if (!existsSync(path)) continue;
        if (unnamed.has(path)) rmSync(path);
        // Of what was not synced a part may have reached the disk.
        else truncateSync(path, bytes + Math.floor((statSync(path).size - bytes) * survives));
      }
    },
  };
}

it('loses no embedding that was acknowledged, wherever the power goes and however often', async () => {
  const life = fc.record({
    batches: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
    dieAt: fc.integer({ min: 1, max: 14 }),
    survives: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 4 }), async (lives) => {
      const folder = mkdtempSync(join(tmpdir(), 'lockstep-power-'));
      const path = join(folder, 'model.jsonl');
      const open = (files?: FileSystem) =>
        openEmbeddingCache({
          path,
          slicePath: join(folder, 'slice'),
          dimensions: 2,
          lockWaitMs: 1_000,
          ...(files === undefined ? {} : { files }),
        });
      const acknowledged: string[] = [];
      let number = 0;
      for (const { batches, dieAt, survives } of lives) {
        const disk = forgetfulDisk(dieAt);
        try {
          const cache = await open(disk);
          try {
            for (const size of batches) {
              const keys = Array.from({ length: size }, () => sha256Hex(String((number += 1))));
              await cache.append(keys.map((key) => ({ key, vector: Float32Array.from([number, 1]) })));
              acknowledged.push(...keys);
            }
          } finally {
            await cache.close();
          }
        } catch (error) {
          if (!(error instanceof Error) || error.message !== 'the power is gone') throw error;
        }
        disk.cutPower(survives);
      }
      const cache = await open();
      expect(acknowledged.filter((key) => !cache.has(key))).toEqual([]);
      expect((await cache.vectors(acknowledged)).every((vector) => vector?.length === 2)).toBe(true);
      await cache.close();
      rmSync(folder, { recursive: true });
    }),
    { numRuns: 150 },
  );
});

it('has a disk in this test that does forget', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-power-'));
  const path = join(folder, 'file');
  writeFileSync(path, 'kept');
  const disk = forgetfulDisk(99);
  const file = disk.open(path, 'a');
  disk.write(file, Buffer.from(' lost'));
  disk.close(file);
  disk.close(disk.open(join(folder, 'new'), 'w'));
  disk.cutPower(0);
  expect(readFileSync(path, 'utf8')).toBe('kept');
  expect(existsSync(join(folder, 'new'))).toBe(false);
  rmSync(folder, { recursive: true });
});
