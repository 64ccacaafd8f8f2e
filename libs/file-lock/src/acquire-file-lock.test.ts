import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { acquireFileLock, FileLockTimeoutError } from './index.ts';
import type { FileLockHolder } from './index.ts';

const WAIT_MS = 20_000;

let folder: string;
let path: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'file-lock-'));
  path = join(folder, 'deep', 'er', 'x.lock');
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a process that runs `body`, with `acquireFileLock`, `path`, `say(line)` and `node:fs` as `fs` at hand. */
function startChild(body: string, nodeFlags: string[] = []) {
  const script = `
    import fs from 'node:fs';
    import { once } from 'node:events';
    const { acquireFileLock } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)});
    const path = ${JSON.stringify(path)};
    const say = (line) => fs.writeSync(1, line + '\\n');
    ${body}`;
  const child = spawn(process.execPath, [...nodeFlags, '--input-type=module', '--eval', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {},
  });
  children.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    exited: once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>,
    nextLine: async (): Promise<string | undefined> => (await lines.next()).value,
  };
}

const HOLD = `
  await acquireFileLock({ path, waitMs: ${WAIT_MS}, purpose: 'holding on' });
  say('held');
  await once(process.stdin, 'data');
`;

async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('expected a rejection'),
    (error: unknown) => error,
  );
}

describe('within one process', () => {
  it('gives the lock to one caller at a time', async () => {
    let inside = 0;
    let insideMost = 0;
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        const lock = await acquireFileLock({ path, waitMs: WAIT_MS, pollMs: 2 });
        insideMost = Math.max(insideMost, ++inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside--;
        lock.release();
      }),
    );
    expect(insideMost).toBe(1);
  });

  it('ignores a second release, even when another caller holds the lock by then', async () => {
    const first = await acquireFileLock({ path, waitMs: 0 });
    first.release();
    const second = await acquireFileLock({ path, waitMs: 0 });
    first.release();
    await expect(acquireFileLock({ path, waitMs: 0 })).rejects.toBeInstanceOf(FileLockTimeoutError);
    second.release();
  });

  it('names the path, the wait and the holder when the wait is over', async () => {
    const lock = await acquireFileLock({ path, waitMs: 0, purpose: 'load-neon' });
    const error = await rejectionOf(acquireFileLock({ path, waitMs: 30, pollMs: 5 }));
    lock.release();

    expect(error).toBeInstanceOf(FileLockTimeoutError);
    expect(error).toMatchObject({
      code: 'file-lock-timeout',
      path,
      holder: { pid: process.pid, purpose: 'load-neon' },
    });
    const { message, waitedMs } = error as FileLockTimeoutError;
    expect(waitedMs).toBeGreaterThanOrEqual(30);
    expect(message).toContain(path);
    expect(message).toContain(`process ${process.pid} (load-neon)`);
    expect(message).toMatch(/after \d+ ms/);
  });

  it('calls onWait once when it has to wait and never when it has not', async () => {
    const waits: (FileLockHolder | undefined)[] = [];
    const onWait = (holder: FileLockHolder | undefined) => waits.push(holder);
    const lock = await acquireFileLock({ path, waitMs: 0, purpose: 'first', onWait });
    expect(waits).toEqual([]);

    await rejectionOf(acquireFileLock({ path, waitMs: 30, pollMs: 2, onWait }));
    lock.release();
    expect(waits).toEqual([{ pid: process.pid, purpose: 'first' }]);
  });

  it('stops waiting with the reason of the abort signal, and leaves the lock alone', async () => {
    const lock = await acquireFileLock({ path, waitMs: 0 });
    const abort = new AbortController();
    const reason = new Error('enough');
    const waiting = acquireFileLock({
      path,
      waitMs: WAIT_MS,
      pollMs: WAIT_MS,
      signal: abort.signal,
      onWait: () => queueMicrotask(() => abort.abort(reason)),
    });
    expect(await rejectionOf(waiting)).toBe(reason);

    lock.release();
    (await acquireFileLock({ path, waitMs: 0 })).release();
  });

  it('takes nothing when the signal is aborted already', async () => {
    await expect(acquireFileLock({ path, waitMs: 0, signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
    expect(existsSync(path)).toBe(false);
  });

  it('introduces its holder in a file beside the lock, and removes it on release', async () => {
    const lock = await acquireFileLock({ path, waitMs: 0, purpose: 'p' });
    expect(JSON.parse(readFileSync(`${path}.holder`, 'utf8'))).toEqual({ pid: process.pid, purpose: 'p' });
    lock.release();
    expect(existsSync(`${path}.holder`)).toBe(false);
  });

  it('does not believe the holder file: a stale or broken one keeps nobody out', async () => {
    const lock = await acquireFileLock({ path, waitMs: 0 });
    writeFileSync(`${path}.holder`, '{"pid": 12');
    expect(await rejectionOf(acquireFileLock({ path, waitMs: 0 }))).toMatchObject({ holder: undefined });
    lock.release();
    writeFileSync(`${path}.holder`, '{"pid": 1, "purpose": "long gone"}');
    (await acquireFileLock({ path, waitMs: 0 })).release();
  });

  it('refuses a path that is another kind of file, and does not change it', async () => {
    (await acquireFileLock({ path, waitMs: 0 })).release();
    const text = 'Some notes that nobody wants to lose.\n'.repeat(100);
    writeFileSync(path, text);
    await expect(acquireFileLock({ path, waitMs: 0 })).rejects.toThrow(`Cannot use ${path} as a lock file`);
    await expect(acquireFileLock({ path: folder, waitMs: 0 })).rejects.toThrow(`Cannot use ${folder} as a lock file`);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  // A superuser may write to any file, but not on a file system that is read-only.
  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
    'refuses a file that it may only read, which two could hold at once, and a folder that takes none',
    async () => {
      (await acquireFileLock({ path, waitMs: 0 })).release();
      chmodSync(path, 0o400);
      const refusal = `Cannot use ${path} as a lock file (EACCES: permission denied`;
      await expect(acquireFileLock({ path, waitMs: 0 })).rejects.toThrow(refusal);
      rmSync(path);
      chmodSync(dirname(path), 0o500);
      await expect(acquireFileLock({ path, waitMs: 0 })).rejects.toThrow(refusal);
      chmodSync(dirname(path), 0o700);
    },
  );

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY])('refuses a wait of %d ms', async (waitMs) => {
    await expect(acquireFileLock({ path, waitMs })).rejects.toThrow(RangeError);
  });
});

describe('between processes', { timeout: 60_000 }, () => {
  it('waits for a holder in another process and knows its pid', async () => {
    const { child, nextLine } = startChild(HOLD);
    expect(await nextLine()).toBe('held');

    let holder: FileLockHolder | undefined;
    const lock = await acquireFileLock({
      path,
      waitMs: WAIT_MS,
      pollMs: 5,
      onWait: (seen) => {
        holder = seen;
        child.stdin.end('go on\n');
      },
    });
    lock.release();
    expect(holder).toEqual({ pid: child.pid, purpose: 'holding on' });
  });

  it('is free at once after its holder was killed', async () => {
    const { child, exited, nextLine } = startChild(HOLD);
    expect(await nextLine()).toBe('held');
    await expect(acquireFileLock({ path, waitMs: 0 })).rejects.toBeInstanceOf(FileLockTimeoutError);

    child.kill('SIGKILL');
    expect(await exited).toEqual([null, 'SIGKILL']);
    (await acquireFileLock({ path, waitMs: 0 })).release();
  });

  it('stays held when its caller keeps no reference and garbage is collected', async () => {
    const { child, nextLine } = startChild(
      `await acquireFileLock({ path, waitMs: 0 });
       for (let round = 0; round < 5; round++) { globalThis.gc(); await new Promise((done) => setTimeout(done, 5)); }
       say('collected');
       await once(process.stdin, 'data');`,
      ['--expose-gc'],
    );
    expect(await nextLine()).toBe('collected');
    await expect(acquireFileLock({ path, waitMs: 0 })).rejects.toBeInstanceOf(FileLockTimeoutError);
    child.stdin.end('go on\n');
  });

  it('keeps no process alive, held or not', async () => {
    const { child, exited } = startChild(`await acquireFileLock({ path, waitMs: 0 });`);
    child.stdin.end();
    expect(await exited).toEqual([0, null]);
  });

  it('loses no increment when six processes count in one file', async () => {
    const counterPath = join(folder, 'counter');
    writeFileSync(counterPath, '0');
    const increments = 40;
    const exits = Array.from({ length: 6 }, () => {
      const { child, exited } = startChild(
        `for (let i = 0; i < ${increments}; i++) {
           const lock = await acquireFileLock({ path, waitMs: ${WAIT_MS}, pollMs: 2 });
           const count = Number(fs.readFileSync(${JSON.stringify(counterPath)}, 'utf8'));
           await new Promise((done) => setImmediate(done));
           fs.writeFileSync(${JSON.stringify(counterPath)}, String(count + 1));
           lock.release();
         }`,
      );
      child.stdin.end();
      return exited;
    });
    expect(await Promise.all(exits)).toEqual(Array.from({ length: 6 }, () => [0, null]));
    expect(readFileSync(counterPath, 'utf8')).toBe(String(6 * increments));
  });
});
