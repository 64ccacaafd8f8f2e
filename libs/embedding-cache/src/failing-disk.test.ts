import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sha256Hex, type CacheEntry } from '@lockstep/model';
import { failureOf } from '@lockstep/testing-ports';
import { encodeLine } from './cache-line.ts';
import { DISK, withDiskErrors } from './disk.ts';
import { openEmbeddingCache } from './embedding-cache.ts';
import { SYSTEM_CALLS, type FileSystem } from './file-system.ts';
import { repairEmbeddingCache } from './repair-embedding-cache.ts';

const DIMENSIONS = 4;
const LOCK = { lockWaitMs: 1_000 };
const DAMAGED = 'what was a line\n';

let folder: string;
let path: string;
let slicePath: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-full-'));
  path = join(folder, 'cache', 'model.jsonl');
  slicePath = join(folder, 'books', 'slice.jsonl');
  mkdirSync(join(folder, 'cache'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const keyOf = (number: number): string => sha256Hex(String(number));
const entries = (...numbers: number[]): CacheEntry[] =>
  numbers.map((number) => ({ key: keyOf(number), vector: Float32Array.from([number, 1, 2, 3]) }));
const linesOf = (...numbers: number[]): string =>
  entries(...numbers)
    .map(encodeLine)
    .join('');
const open = (files: FileSystem) => openEmbeddingCache({ path, slicePath, dimensions: DIMENSIONS, ...LOCK, files });
const repair = (files: FileSystem) => repairEmbeddingCache({ path, dimensions: DIMENSIONS, ...LOCK, files });
const namesIn = (place: string): string[] => (existsSync(place) ? readdirSync(place) : []);

async function* sortedKeys(...numbers: number[]): AsyncGenerator<string> {
  yield* numbers.map(keyOf).toSorted();
}

interface FailingDisk extends FileSystem {
  /** Number of calls that were refused. */
  refused(): number;
}

/** A disk that refuses one call, or all from there on, except removals. Part of a refused write is written. */
function failingDisk({ at, code, forGood }: { at: number; code: string; forGood: boolean }): FailingDisk {
  let calls = 0;
  let refused = 0;
  function step<Result>(call: () => Result, writePart: () => void = () => {}): Result {
    calls += 1;
    if (calls < at || (calls > at && !forGood)) return call();
    refused += 1;
    writePart();
    throw Object.assign(new Error(`${code}: text of the system`), { code });
  }
  const disk = withDiskErrors({
    ...SYSTEM_CALLS,
    makeFolder: (place) => step(() => SYSTEM_CALLS.makeFolder(place)),
    open: (target, flags) => step(() => SYSTEM_CALLS.open(target, flags)),
    write: (file, bytes) =>
      step(
        () => SYSTEM_CALLS.write(file, bytes),
        () => SYSTEM_CALLS.write(file, bytes.subarray(0, Math.floor(bytes.length * 0.6))),
      ),
    sync: (file) => step(() => SYSTEM_CALLS.sync(file)),
    syncFolder: (place) => step(() => SYSTEM_CALLS.syncFolder(place)),
    truncate: (file, bytes) => step(() => SYSTEM_CALLS.truncate(file, bytes)),
    rename: (from, to) => step(() => SYSTEM_CALLS.rename(from, to)),
  });
  return { ...disk, refused: () => refused };
}

/** Repeats `work` with a disk whose first call fails, then the second, and so on until no call fails. */
async function atEveryCall(code: string, work: (disk: FailingDisk, where: string) => Promise<void>): Promise<void> {
  for (const forGood of [false, true]) {
    for (let at = 1; ; at += 1) {
      const disk = failingDisk({ at, code, forGood });
      await work(disk, `call ${at}, ${forGood ? 'and all after it' : 'once'}`);
      if (disk.refused() === 0) break;
      expect(at).toBeLessThan(50);
    }
  }
}

/** The error for a call that the full disk refused. */
const DISK_FULL_ERROR = {
  code: 'disk-failed',
  disposition: 'abort',
  details: { errno: 'ENOSPC' },
  message: expect.stringMatching(/^Could not .*lockstep-full-.* \(ENOSPC: the disk is full\)\.$/) as string,
};

it('a full disk loses no acknowledged line, and appends work again when there is room', async () => {
  await atEveryCall('ENOSPC', async (disk, where) => {
    // One whole line, and the part of another that a killed writer left.
    writeFileSync(path, linesOf(0) + linesOf(9).slice(0, 50));
    rmSync(join(folder, 'books'), { recursive: true, force: true });
    const acknowledged = [0];
    const failures: unknown[] = [];
    const attempt = async (work: () => Promise<unknown>): Promise<boolean> => {
      try {
        await work();
        return true;
      } catch (error) {
        failures.push(error);
        return false;
      }
    };
    await attempt(async () => {
      const cache = await open(disk);
      try {
        // A refused append may be repeated, also by the same process.
        for (const batch of [[1, 2], [1, 2], [3]]) {
          if (await attempt(() => cache.append(entries(...batch)))) acknowledged.push(...batch);
        }
        if (acknowledged.length === 6) await cache.writeSlice(sortedKeys(0, 3));
      } finally {
        await cache.close();
      }
    });
    expect(failures.length, where).toBe(disk.refused());
    for (const failure of failures) expect(failure, where).toMatchObject(DISK_FULL_ERROR);
    expect(namesIn(join(folder, 'books')).filter((name) => name !== 'slice.jsonl')).toEqual([]);

    const next = await open(DISK);
    expect(
      acknowledged.filter((number) => !next.has(keyOf(number))),
      where,
    ).toEqual([]);
    await next.append(entries(1, 2, 3, 4));
    expect(await next.writeSlice(sortedKeys(0, 1, 2, 3, 4)), where).toBe(5);
    await next.close();
    expect(readFileSync(path, 'latin1').length, where).toBe(linesOf(0, 1, 2, 3, 4).length);
  });
});

it('a repair on a full disk leaves the cache unchanged and no file beside it', async () => {
  const before = linesOf(1) + DAMAGED + linesOf(2);
  await atEveryCall('ENOSPC', async (disk, where) => {
    writeFileSync(path, before);
    const repaired = await repair(disk).catch((error: unknown) => error);
    if (disk.refused() > 0) expect(repaired, where).toMatchObject(DISK_FULL_ERROR);
    if (readFileSync(path, 'latin1') === before) {
      expect(namesIn(join(folder, 'cache')), where).toEqual(['model.jsonl', 'model.jsonl.lock']);
      expect(await repair(DISK), where).toMatchObject({ sound: 2, damaged: 1 });
    }
    expect(readFileSync(path, 'latin1'), where).toBe(linesOf(1, 2));
    const aside = join(folder, 'cache', 'model.jsonl.damaged-1');
    expect(readFileSync(aside, 'latin1'), where).toBe(DAMAGED);
    rmSync(aside);
  });
});

it.each([
  ['EACCES', 'permission denied'],
  ['EROFS', 'the file system is read-only'],
])('a disk that refuses writes (%s) makes an error that names the file, and changes nothing', async (code, reason) => {
  const before = linesOf(1) + DAMAGED;
  writeFileSync(path, before);
  const expected = { code: 'disk-failed', details: { errno: code } };
  const message = new RegExp(`^Could not [a-z ]+ .*cache.* \\(${code}: ${reason}\\)\\.$`);
  const disk = failingDisk({ at: 1, code, forGood: true });
  for (const call of [open(disk), repair(disk)]) {
    expect(await failureOf(call)).toMatchObject({ ...expected, message: expect.stringMatching(message) });
  }
  expect(readFileSync(path, 'latin1')).toBe(before);
  expect(namesIn(join(folder, 'cache'))).toEqual(['model.jsonl', 'model.jsonl.lock']);
});

it('a lock file that cannot be made is named in the error', async () => {
  writeFileSync(path, linesOf(1));
  mkdirSync(`${path}.lock`);
  for (const call of [open(DISK), repair(DISK)]) {
    expect(await failureOf(call)).toMatchObject({
      code: 'disk-failed',
      message: expect.stringContaining(`${path}.lock`) as string,
    });
  }
});

it('a call that the real disk refuses becomes disk-failed, and the error names the file', () => {
  const expected = { code: 'disk-failed', message: expect.stringContaining(folder) as string };
  expect(() => DISK.open(folder, 'w')).toThrow(expect.objectContaining(expected));
});

it.skipIf(process.platform === 'win32')('the error of a failed deletion has the code of the system', () => {
  const long = join(folder, 'x'.repeat(300));
  const message = `Could not delete ${long} (ENAMETOOLONG).`;
  expect(() => DISK.remove(long)).toThrow(expect.objectContaining({ code: 'disk-failed', message }));
});

it('the error of a system call without a code has the message of that call', () => {
  // The message of Node 26 for `rmSync` on a read-only file system.
  const text = `, Unknown error: Read-only file system '${path}'`;
  const remove = (): never => {
    throw Object.assign(new Error(text), { errno: -4094, code: '', path, syscall: 'rm' });
  };
  const message = `Could not delete ${path} (Unknown error: Read-only file system '${path}').`;
  expect(() => withDiskErrors({ ...SYSTEM_CALLS, remove }).remove(path)).toThrow(
    expect.objectContaining({ code: 'disk-failed', message }),
  );
});

it('a folder is deleted with everything in it, but not with the target of a link in it', () => {
  mkdirSync(join(folder, 'gone', 'deep'), { recursive: true });
  writeFileSync(join(folder, 'gone', 'deep', 'file'), '');
  writeFileSync(path, 'kept');
  symlinkSync(join(folder, 'cache'), join(folder, 'gone', 'link'), 'junction');
  DISK.remove(join(folder, 'gone'));
  DISK.remove(join(folder, 'gone'));
  expect(readdirSync(folder)).toEqual(['cache']);
  expect(readFileSync(path, 'utf8')).toBe('kept');
});
