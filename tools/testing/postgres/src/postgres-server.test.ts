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

/** Gives the server of a test its own folder for files, so that the test can see what is left. */
function useOwnFolder(): void {
  folder = mkdtempSync(join(tmpdir(), 'keep-'));
  // The unprivileged user of the server needs access to the folder.
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
  describe('a started server', () => {
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

    test('a started server answers queries', async () => {
      expect(await query(server.connectionString, 'select version() as answer')).toContain(
        `PostgreSQL ${server.version} `,
      );
      expect(Number.parseInt(server.version, 10)).toBeGreaterThanOrEqual(15);
      expect(processesIn(folder)).not.toEqual([]);
    });

    test('a started server refuses a connection without the password', async () => {
      const url = new URL(server.connectionString);
      url.password = 'wrong';
      await expect(query(url.href, 'select 1 as answer')).rejects.toMatchObject({ code: '28P01' });
    });

    test('a server of LOCKSTEP_TEST_POSTGRES_URL is used, and not stopped', async () => {
      vi.stubEnv('LOCKSTEP_TEST_POSTGRES_URL', server.connectionString);
      const given = await startPostgresServer();
      expect(given).toMatchObject({ connectionString: server.connectionString, version: server.version });
      await given.stop();
      expect(await query(given.connectionString, 'select 1 as answer')).toBe(1);
    });

    test('a started server stops during a query of a client, and leaves no process and no file', async () => {
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

  describe('a server with its own folder', () => {
    beforeEach(useOwnFolder);
    afterEach(removeOwnFolder);

    test('a server stops when the process that started it is killed', async () => {
      const child = startInChild('goes on');
      await once(child.stdout as Readable, 'data');
      expect(processesIn(folder)).not.toEqual([]);
      child.kill('SIGKILL');
      // No event shows that the keeper of a killed process has finished, so this polls.
      await vi.waitFor(() => expect([processesIn(folder), readdirSync(folder)]).toEqual([[], []]), { timeout: 10_000 });
    });

    test('a server does not keep the process that started it alive, and stops with it', async () => {
      const child = startInChild('is done');
      expect(await once(child, 'exit')).toEqual([0, null]);
      await vi.waitFor(() => expect([processesIn(folder), readdirSync(folder)]).toEqual([[], []]), { timeout: 10_000 });
    });

    test('an error is thrown when the server of LOCKSTEP_TEST_POSTGRES_URL does not answer', async () => {
      vi.stubEnv('LOCKSTEP_TEST_POSTGRES_URL', 'postgresql://nobody@127.0.0.1:1/none');
      await expect(startPostgresServer()).rejects.toThrow('ECONNREFUSED');
    });

    test('the error of a server that cannot start gives the reason', async () => {
      vi.stubEnv('TMPDIR', join(folder, 'missing'));
      await expect(startPostgresServer()).rejects.toThrow(/did not start: .*missing/);
    });
  });
});
