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

/** Starts a process that runs `body`, which may use `acquireFileLock`, `path`, `print(line)` and `node:fs` as `fs`. */
function startChild(body: string, nodeFlags: string[] = []) {
  const script = `
    import fs from 'node:fs';
    import { once } from 'node:events';
    const { acquireFileLock } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)});
    const path = ${JSON.stringify(path)};
    const print = (line) => fs.writeSync(1, line + '\\n');
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
  print('held');
  await once(process.stdin, 'data');
`;

async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('expected a rejection'),
    (error: unknown) => error,
  );
}

describe('within one process', () => {
  it('one caller at a time has the lock', async () => {
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

  it('a second release does nothing, even when another caller holds the lock by then', async () => {
    const first = await acquireFileLock({ path, waitMs: 0 });
    first.release();
    const second = await acquireFileLock({ path, waitMs: 0 });
    first.release();
    await expect(acquireFileLock({ path, waitMs: 0 })).rejects.toBeInstanceOf(FileLockTimeoutError);
    second.release();
  });

  it('the error at the end of the wait names the path, the wait and the holder', async () => {
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

  it('onWait is called once by a caller that waits, and never by one that does not', async () => {
    const waits: (FileLockHolder | undefined)[] = [];
    const onWait = (holder: FileLockHolder | undefined) => waits.push(holder);
    const lock = await acquireFileLock({ path, waitMs: 0, purpose: 'first', onWait });
    expect(waits).toEqual([]);

    await rejectionOf(acquireFileLock({ path, waitMs: 30, pollMs: 2, onWait }));
    lock.release();
    expect(waits).toEqual([{ pid: process.pid, purpose: 'first' }]);
  });

  it('an aborted wait ends with the reason of its signal, and the lock can be acquired later', async () => {
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

  it('a caller whose signal is aborted already makes no lock file', async () => {
    await expect(acquireFileLock({ path, waitMs: 0, signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
    expect(existsSync(path)).toBe(false);
  });

  it('a file beside the lock names its holder, and is removed on release', async () => {
    const lock = await acquireFileLock({ path, waitMs: 0, purpose: 'p' });
    expect(JSON.parse(readFileSync(`${path}.holder`, 'utf8'))).toEqual({ pid: process.pid, purpose: 'p' });
    lock.release();
    expect(existsSync(`${path}.holder`)).toBe(false);
  });

  it('a stale or invalid holder file keeps nobody from the lock', async () => {
    const lock = await acquireFileLock({ path, waitMs: 0 });
    writeFileSync(`${path}.holder`, '{"pid": 12');
    expect(await rejectionOf(acquireFileLock({ path, waitMs: 0 }))).toMatchObject({ holder: undefined });
    lock.release();
    writeFileSync(`${path}.holder`, '{"pid": 1, "purpose": "long gone"}');
    (await acquireFileLock({ path, waitMs: 0 })).release();
  });

  it('a path that is another kind of file is refused and not changed', async () => {
    (await acquireFileLock({ path, waitMs: 0 })).release();
    const text = 'Some notes that nobody wants to lose.\n'.repeat(100);
    writeFileSync(path, text);
    await expect(acquireFileLock({ path, waitMs: 0 })).rejects.toThrow(`Cannot use ${path} as a lock file`);
    await expect(acquireFileLock({ path: folder, waitMs: 0 })).rejects.toThrow(`Cannot use ${folder} as a lock file`);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  // Permissions do not stop a superuser.
  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
    'a lock file that is read-only and a folder that is read-only are refused',
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

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY])('a wait of %d ms is refused', async (waitMs) => {
    await expect(acquireFileLock({ path, waitMs })).rejects.toThrow(RangeError);
  });
});

describe('between processes', { timeout: 60_000 }, () => {
  it('a caller waits for a holder in another process, and is told its pid', async () => {
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

  it('a lock is free at once after its holder was killed', async () => {
    const { child, exited, nextLine } = startChild(HOLD);
    expect(await nextLine()).toBe('held');
    await expect(acquireFileLock({ path, waitMs: 0 })).rejects.toBeInstanceOf(FileLockTimeoutError);

    child.kill('SIGKILL');
    expect(await exited).toEqual([null, 'SIGKILL']);
    (await acquireFileLock({ path, waitMs: 0 })).release();
  });

  it('a lock without a reference to it stays held after a garbage collection', async () => {
    const { child, nextLine } = startChild(
      `await acquireFileLock({ path, waitMs: 0 });
       for (let round = 0; round < 5; round++) { globalThis.gc(); await new Promise((done) => setTimeout(done, 5)); }
       print('collected');
       await once(process.stdin, 'data');`,
      ['--expose-gc'],
    );
    expect(await nextLine()).toBe('collected');
    await expect(acquireFileLock({ path, waitMs: 0 })).rejects.toBeInstanceOf(FileLockTimeoutError);
    child.stdin.end('go on\n');
  });

  it('a held lock does not keep its process alive', async () => {
    const { child, exited } = startChild(`await acquireFileLock({ path, waitMs: 0 });`);
    child.stdin.end();
    expect(await exited).toEqual([0, null]);
  });

  it('six processes that increment one counter under the lock lose no increment', async () => {
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
