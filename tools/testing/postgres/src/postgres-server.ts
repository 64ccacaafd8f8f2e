import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { Client } from 'pg';
import type { KeeperReport } from './postgres-keeper.ts';

/** A PostgreSQL server that takes connections. */
export interface PostgresServer {
  /** A URL with user and password. The role may create databases; on a server started here it is the superuser. */
  readonly connectionString: string;
  /** Such as `15.18`. */
  readonly version: string;
  /**
   * Ends the server and removes its files; resolves when none of its processes is left. Safe to call again.
   * Does nothing to a server that was given from outside.
   */
  readonly stop: () => Promise<void>;
}

/** Far above the one or two seconds that a start takes. */
const START_TIMEOUT_MS = 60_000;
const COMPLAINT_CHARACTERS_MAX = 4_000;

/**
 * A real PostgreSQL server, empty and only for tests: the one of `LOCKSTEP_TEST_POSTGRES_URL` when that is set (a
 * missing service is then a failure), else a fresh one on 127.0.0.1 that ends with `stop()`, and by itself when this
 * process ends in any way. It does not keep the process alive. Its files are not forced to disk.
 * *Errors*: throws when the given server does not answer, or when none can be found or started.
 * *Effects*: a process and a folder in the system's temporary folder, until the end. As root it runs as user 65534.
 */
export async function startPostgresServer(): Promise<PostgresServer> {
  const given = process.env['LOCKSTEP_TEST_POSTGRES_URL'];
  if (given !== undefined && given !== '') {
    return { connectionString: given, version: await askVersion(given), stop: () => Promise.resolve() };
  }
  const keeper = spawn(process.execPath, [join(import.meta.dirname, 'postgres-keeper.ts')], {
    stdio: ['pipe', 'pipe', 'pipe'],
    // An own process group: the keys that end the tests must not end the keeper before it has cleaned up.
    detached: true,
  });
  const closed = new Promise<void>((resolve) => keeper.once('close', () => resolve()));
  // It may be gone already; then there is nothing to end.
  keeper.stdin.on('error', () => undefined);
  const stop = async (): Promise<void> => {
    keeper.ref();
    keeper.stdin.end();
    await closed;
  };
  try {
    const { connectionString, version } = await readReport(keeper);
    keeper.unref();
    for (const stream of [keeper.stdin, keeper.stdout, keeper.stderr]) (stream as Partial<Socket>).unref?.();
    return { connectionString, version, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The first line that the keeper prints; rejects with its complaint when it ends before, or with a timeout. */
async function readReport(keeper: ChildProcessByStdio<Writable, Readable, Readable>): Promise<KeeperReport> {
  let complaint = '';
  keeper.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-COMPLAINT_CHARACTERS_MAX);
  });
  let output = '';
  keeper.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const signal = AbortSignal.timeout(START_TIMEOUT_MS);
  await Promise.race([once(keeper.stdout, 'data', { signal }), once(keeper, 'close', { signal })]);
  if (!output.endsWith('\n')) throw new Error(`PostgreSQL for tests did not start: ${complaint.trim()}`);
  return JSON.parse(output) as KeeperReport;
}

async function askVersion(connectionString: string): Promise<string> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    const { rows } = await client.query<{ readonly server_version: string }>('show server_version');
    return rows[0]?.server_version.split(' ')[0] ?? '';
  } finally {
    await client.end();
  }
}
