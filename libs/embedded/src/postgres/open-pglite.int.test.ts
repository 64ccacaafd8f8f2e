import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';

import { FileLockTimeoutError } from '@lockstep/file-lock';
import type { FileLockHolder } from '@lockstep/file-lock';
import { copyOfOnceMade } from '@lockstep/testing-postgres';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { openPglite, type PgliteDatabase } from './open-pglite.ts';

const WAIT_MS = 30_000;

/** A folder with a closed database that tests copy, since making one takes seconds. */
const folder = mkdtempSync(join(tmpdir(), 'open-pglite-'));
const template = join(folder, 'template');
let directory: string;
let serial = 0;
const children: ChildProcess[] = [];

beforeAll(async () => {
  await copyOfOnceMade({
    name: 'empty-pglite',
    into: template,
    make: async (made) => (await openPglite({ directory: made, waitMs: 0 })).close(),
  });
  const database = await openPglite({ directory: template, waitMs: 0 });
  await run(database, 'CREATE TABLE items (id int PRIMARY KEY, name text)');
  await database.close();
}, 60_000);

beforeEach(() => {
  directory = join(folder, `copy-${++serial}`);
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const copyTemplate = (): void => cpSync(template, directory, { recursive: true });

async function run(database: PgliteDatabase, text: string) {
  const [result] = await database.run([[text]], { transaction: false });
  return result?.rows;
}

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('expected a rejection'),
    (error: unknown) => error,
  );
}

/** Starts a process for `body`, which may use `openPglite`, `directory`, `query(database, text)` and `print(line)`. */
function startChild(body: string) {
  const script = `
    import { writeSync } from 'node:fs';
    const { openPglite } = await import(${JSON.stringify(new URL('./open-pglite.ts', import.meta.url).href)});
    const directory = ${JSON.stringify(directory)};
    const print = (line) => writeSync(1, line + '\\n');
    const query = (database, text) => database.run([[text]], { transaction: false });
    ${body}`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
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

describe('openPglite', { timeout: 60_000 }, () => {
  it('rows are still there after a database is closed and opened again', async () => {
    copyTemplate();
    const first = await openPglite({ directory, waitMs: 0 });
    await run(first, `INSERT INTO items SELECT n, 'name' FROM generate_series(1, 2000) n`);
    await first.close();
    const second = await openPglite({ directory, waitMs: 0 });
    expect(await run(second, 'SELECT count(*) FROM items')).toEqual([['2000']]);
    // `close` ran VACUUM after so many changed rows, which also counts them for the planner.
    expect(await run(second, `SELECT reltuples FROM pg_class WHERE relname = 'items'`)).toEqual([['2000']]);
    await second.close();
  });

  it('a second opener waits until the database is closed, or fails with its holder', async () => {
    copyTemplate();
    const first = await openPglite({ directory, waitMs: 0, purpose: 'load-neon' });
    const refusal = await errorOf(openPglite({ directory, waitMs: 0 }));
    expect(refusal).toBeInstanceOf(FileLockTimeoutError);
    expect(String(refusal)).toContain(`process ${process.pid} (load-neon)`);

    let holder: FileLockHolder | undefined;
    const second = await openPglite({
      directory,
      waitMs: WAIT_MS,
      onWait: (seen) => {
        holder = seen;
        void first.close();
      },
    });
    expect(holder).toEqual({ pid: process.pid, purpose: 'load-neon' });
    await second.close();
  });

  it('a close waits for earlier statements and refuses later ones, and a second close does nothing', async () => {
    copyTemplate();
    const database = await openPglite({ directory, waitMs: 0 });
    const earlier = run(database, `INSERT INTO items VALUES (1, 'x') RETURNING id`);
    const closed = Promise.all([database.close(), database.close()]);
    await expect(run(database, 'SELECT 1')).rejects.toMatchObject({ code: 'service-unavailable' });
    expect(await earlier).toEqual([['1']]);
    await closed;
  });

  it('an abort ends the wait for a database, and an aborted signal opens none', async () => {
    copyTemplate();
    const reason = new Error('enough');
    await expect(openPglite({ directory, waitMs: 0, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);

    const database = await openPglite({ directory, waitMs: 0 });
    const abort = new AbortController();
    const onWait = () => abort.abort(reason);
    await expect(openPglite({ directory, waitMs: WAIT_MS, signal: abort.signal, onWait })).rejects.toBe(reason);
    await database.close();
  });

  it('timers and other work run between queued requests', async () => {
    copyTemplate();
    const database = await openPglite({ directory, waitMs: 0 });
    const order: string[] = [];
    const requests = Array.from({ length: 5 }, async () => {
      await run(database, 'SELECT 1');
      order.push('request');
    });
    setImmediate(() => setImmediate(() => order.push('other work')));
    await Promise.all(requests);
    expect(order).toContain('other work');
    await database.close();
  });

  it('a database whose first opening was interrupted is made again', async () => {
    mkdirSync(directory);
    writeFileSync(join(directory, 'PG_VERSION'), '18\n');
    writeFileSync(`${directory}.unfinished`, '');
    const database = await openPglite({ directory, waitMs: 0 });
    expect(await run(database, 'SELECT 1')).toEqual([['1']]);
    await database.close();
    expect(existsSync(`${directory}.unfinished`)).toBe(false);
  });

  it('a directory that is no database is refused, its files stay, and its lock is released', async () => {
    mkdirSync(directory);
    writeFileSync(join(directory, 'PG_VERSION'), '18\n');
    writeFileSync(join(directory, 'diary.txt'), 'dear diary');
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = await errorOf(openPglite({ directory, waitMs: 0 }));
      expect(error).toMatchObject({
        code: 'disk-failed',
        message: expect.stringContaining(`Cannot open the embedded Postgres in ${directory}`) as string,
      });
    }
    expect(readFileSync(join(directory, 'diary.txt'), 'utf8')).toBe('dear diary');
  });

  it('the error for a lock that cannot be made names the directory and the reason', async () => {
    mkdirSync(`${directory}.lock`);
    const error = await errorOf(openPglite({ directory, waitMs: 0 }));
    expect(error).toMatchObject({
      code: 'disk-failed',
      message: expect.stringContaining(
        `Cannot open the embedded Postgres in ${directory}. Cannot use ${directory}.lock`,
      ) as string,
    });
  });

  it('a database has every acknowledged row after its process was killed', async () => {
    copyTemplate();
    const { child, exited, nextLine } = startChild(`
      const database = await openPglite({ directory, waitMs: 0 });
      for (let id = 1; ; id++) {
        await query(database, "INSERT INTO items VALUES (" + id + ", repeat('x', 3000))");
        print(String(id));
      }`);
    let acknowledged = 0;
    while (acknowledged < 200) acknowledged = Number(await nextLine());
    child.kill('SIGKILL');
    for (let line = await nextLine(); line !== undefined; line = await nextLine()) acknowledged = Number(line);
    expect(await exited).toEqual([null, 'SIGKILL']);

    const database = await openPglite({ directory, waitMs: 0 });
    const rows = await run(database, `SELECT count(*), max(id) FROM items WHERE length(name) = 3000`);
    await database.close();
    const [count, last] = (rows?.[0] ?? []).map(Number);
    // The process may have written the last row and been killed before it printed that.
    expect([acknowledged, acknowledged + 1]).toContain(last);
    expect(count).toBe(last);
  });

  it('a process ends at once with its own exit code after it closed its database', async () => {
    copyTemplate();
    const { exited, nextLine } = startChild(`
      process.exitCode = 4;
      const database = await openPglite({ directory, waitMs: 0 });
      await query(database, 'SELECT 1/0').catch(() => {});
      await query(database, "INSERT INTO items VALUES (1, 'x')");
      await database.close();
      const closedAt = performance.now();
      process.on('exit', () => print(String(performance.now() - closedAt)));`);
    expect(await exited).toEqual([4, null]);
    // An engine that is not closed has a running timer of 10 s.
    expect(Number(await nextLine())).toBeLessThan(5_000);
  });
});
