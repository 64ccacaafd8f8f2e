import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { Client } from 'pg';
import type { KeeperReport } from './postgres-keeper.ts';

/** A running PostgreSQL server. */
export interface PostgresServer {
  /** A URL with user and password. The role may create databases; on a server started here it is the superuser. */
  readonly connectionString: string;
  /** Such as `15.18`. */
  readonly version: string;
  /**
   * Stops the server and removes its files; resolves when all of its processes have ended. Can be called again.
   * Does nothing for the server of `LOCKSTEP_TEST_POSTGRES_URL`.
   */
  readonly stop: () => Promise<void>;
}

/** A start takes one or two seconds. */
const START_TIMEOUT_MS = 60_000;
const ERROR_UNITS_MAX = 4_000;

/**
 * Starts an empty PostgreSQL server for tests, or uses the one of `LOCKSTEP_TEST_POSTGRES_URL` if that is set. A
 * started server runs on 127.0.0.1 until `stop()`, or until this process ends in any way, and does not keep the process
 * alive. Its files are not synced to disk.
 * *Errors*: throws if the given server does not answer, or if none can be found or started.
 * *Effects*: a process and a temporary folder until the end. Started by root, it runs as user 65534.
 */
export async function startPostgresServer(): Promise<PostgresServer> {
  const given = process.env['LOCKSTEP_TEST_POSTGRES_URL'];
  if (given !== undefined && given !== '') {
    return { connectionString: given, version: await askVersion(given), stop: () => Promise.resolve() };
  }
  const keeper = spawn(process.execPath, [join(import.meta.dirname, 'postgres-keeper.ts')], {
    stdio: ['pipe', 'pipe', 'pipe'],
    // A process group of its own, so that Ctrl+C does not end the keeper before it has cleaned up.
    detached: true,
  });
  const closed = new Promise<void>((resolve) => keeper.once('close', () => resolve()));
  // The keeper may have ended already.
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

/** The first line that the keeper prints; rejects with its error text if it ends before that, or after a timeout. */
async function readReport(keeper: ChildProcessByStdio<Writable, Readable, Readable>): Promise<KeeperReport> {
  let errorText = '';
  keeper.stderr.setEncoding('utf8').on('data', (text: string) => {
    errorText = (errorText + text).slice(-ERROR_UNITS_MAX);
  });
  let output = '';
  keeper.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const signal = AbortSignal.timeout(START_TIMEOUT_MS);
  await Promise.race([once(keeper.stdout, 'data', { signal }), once(keeper, 'close', { signal })]);
  if (!output.endsWith('\n')) throw new Error(`PostgreSQL for tests did not start: ${errorText.trim()}`);
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
