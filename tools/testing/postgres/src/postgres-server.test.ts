import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { startPostgresServer, type PostgresServer } from './postgres-server.ts';
import { processesIn } from './processes-in.ts';

const START_MS = 60_000;
const SERVER_MODULE = join(import.meta.dirname, 'postgres-server.ts');

let folder: string;

/** Every server of a test keeps its files in a folder of its own, so that what is left can be seen. */
function useOwnFolder(): void {
  folder = mkdtempSync(join(tmpdir(), 'keep-'));
  // The unprivileged user of the server must be able to walk through.
  chmodSync(folder, 0o755);
  vi.stubEnv('TMPDIR', folder);
  vi.stubEnv('LOCKSTEP_TEST_POSTGRES_URL', '');
}

function removeOwnFolder(): void {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
}

async function query(connectionString: string, statement: string): Promise<unknown> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<{ readonly answer: unknown }>(statement)).rows[0]?.answer;
  } finally {
    await client.end();
  }
}

/** A process that starts a server and then goes on for ever, or has nothing more to do. */
function startInChild(then: 'goes on' | 'is done'): ChildProcess {
  const script =
    `const { startPostgresServer } = await import(${JSON.stringify(SERVER_MODULE)});` +
    `console.log((await startPostgresServer()).connectionString);` +
    (then === 'goes on' ? `process.stdin.resume();` : ``);
  return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
}

describe.skipIf(process.platform === 'win32')('a PostgreSQL server for tests', { timeout: START_MS }, () => {
  describe('that was started', () => {
    let server: PostgresServer;
    let stop: (() => Promise<void>) | undefined;

    beforeAll(async () => {
      useOwnFolder();
      server = await startPostgresServer();
      ({ stop } = server);
    }, START_MS);

    afterAll(async () => {
      await stop?.();
      removeOwnFolder();
    });

    test('answers', async () => {
      expect(await query(server.connectionString, 'select version() as answer')).toContain(
        `PostgreSQL ${server.version} `,
      );
      expect(Number.parseInt(server.version, 10)).toBeGreaterThanOrEqual(15);
      expect(processesIn(folder)).not.toEqual([]);
    });

    test('refuses a connection without the password', async () => {
      const url = new URL(server.connectionString);
      url.password = 'wrong';
      await expect(query(url.href, 'select 1 as answer')).rejects.toMatchObject({ code: '28P01' });
    });

    test('is used, and goes on, where its address is given', async () => {
      vi.stubEnv('LOCKSTEP_TEST_POSTGRES_URL', server.connectionString);
      const given = await startPostgresServer();
      expect(given).toMatchObject({ connectionString: server.connectionString, version: server.version });
      await given.stop();
      expect(await query(given.connectionString, 'select 1 as answer')).toBe(1);
    });

    test('stops while a client is in the middle of a query, and leaves no process and no file', async () => {
      const client = new Client({ connectionString: server.connectionString });
      // One connection can report its end more than once.
      client.on('error', () => undefined);
      const cut = new Promise<void>((resolve) => client.once('end', () => resolve()));
      await client.connect();
      const asleep = client.query('select pg_sleep(3600)').catch((error: unknown) => error);
      await server.stop();
      expect(await asleep).toBeInstanceOf(Error);
      await cut;
      expect(processesIn(folder)).toEqual([]);
      expect(readdirSync(folder)).toEqual([]);
      await server.stop();
    });
  });

  describe('with a folder of its own', () => {
    beforeEach(useOwnFolder);
    afterEach(removeOwnFolder);

    test('ends with the process that started it, when that is killed', async () => {
      const child = startInChild('goes on');
      await once(child.stdout as Readable, 'data');
      expect(processesIn(folder)).not.toEqual([]);
      child.kill('SIGKILL');
      // Nothing tells that the keeper of a dead process has finished, so this looks until it has.
      await vi.waitFor(() => expect([processesIn(folder), readdirSync(folder)]).toEqual([[], []]), { timeout: 10_000 });
    });

    test('ends with the process that started it, and does not keep that alive', async () => {
      const child = startInChild('is done');
      expect(await once(child, 'exit')).toEqual([0, null]);
      await vi.waitFor(() => expect([processesIn(folder), readdirSync(folder)]).toEqual([[], []]), { timeout: 10_000 });
    });

    test('is missed, and not replaced, when the given one does not answer', async () => {
      vi.stubEnv('LOCKSTEP_TEST_POSTGRES_URL', 'postgresql://nobody@127.0.0.1:1/none');
      await expect(startPostgresServer()).rejects.toThrow('ECONNREFUSED');
    });

    test('that cannot start says why', async () => {
      vi.stubEnv('TMPDIR', join(folder, 'missing'));
      await expect(startPostgresServer()).rejects.toThrow(/did not start: .*missing/);
    });
  });
});
