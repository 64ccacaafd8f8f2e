/**
 * A program that runs one PostgreSQL server while its standard input is open, and then stops it and removes all its
 * files. The input closes when the parent stops the server, and also when the parent is killed, so that no server
 * outlives its tests. Only `startPostgresServer` starts it.
 *
 *   finding -> initialising -> starting -> ready -> stopped      input closed in any state: -> stopped
 *
 * When ready it prints one line of JSON (`KeeperReport`). If it fails, it prints the reason on stderr and exits with 1.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findPostgresBinaries, postgresEnvironment, type PostgresBinaries } from './postgres-binaries.ts';
import type { RunAs } from './run-as.ts';

/** Printed when the server accepts connections. */
export interface KeeperReport {
  readonly connectionString: string;
  /** Such as `15.18`. */
  readonly version: string;
}

/** PostgreSQL refuses to run as root. This is `nobody` on most systems; initdb needs an id that has a name. */
const UNPRIVILEGED_ID = 65534;

/** Attempts to find a port, since another program can take a free one before the server does. */
const PORT_ATTEMPTS = 5;

const READY = 'database system is ready to accept connections';
const PORT_TAKEN = 'could not bind';

/** Fast settings without a sync to disk, since the files are removed after the run. */
const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
];

const runAs: RunAs = process.getuid?.() === 0 ? { uid: UNPRIVILEGED_ID, gid: UNPRIVILEGED_ID } : {};
const spawnOptions = { ...runAs, env: postgresEnvironment() };

const ending = new AbortController();
process.stdin.on('close', () => ending.abort()).resume();
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => ending.abort());

try {
  await keep();
} catch (error) {
  if (!ending.signal.aborted) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
} finally {
  process.stdin.destroy();
}

async function keep(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-postgres-'));
  try {
    await giveToServer(folder);
    const binaries = await findPostgresBinaries(join(folder, 'package'), runAs);
    const password = crypto.randomUUID();
    await initialise(binaries, folder, password);
    const { server, port } = await start(binaries, folder);
    try {
      const connectionString = `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;
      const report: KeeperReport = { connectionString, version: binaries.version };
      process.stdout.write(`${JSON.stringify(report)}\n`);
      if (!ending.signal.aborted) await once(ending.signal, 'abort');
    } finally {
      await stop(server);
    }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function initialise(binaries: PostgresBinaries, folder: string, password: string): Promise<void> {
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  await giveToServer(passwordFile);
  const flags = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions'];
  await promisify(execFile)(
    join(binaries.folder, 'initdb'),
    ['--pgdata', join(folder, 'data'), '--username=postgres', `--pwfile=${passwordFile}`, ...flags],
    { ...spawnOptions, cwd: folder, signal: ending.signal },
  );
}

async function giveToServer(path: string): Promise<void> {
  if (runAs.uid !== undefined) await chown(path, runAs.uid, runAs.uid);
}

/** Starts the server and waits until it accepts connections. Stops it again if that fails. */
async function start(binaries: PostgresBinaries, folder: string): Promise<{ server: ChildProcess; port: number }> {
  let output = '';
  for (let attempt = 1; attempt <= PORT_ATTEMPTS; attempt += 1) {
    const port = await freePort();
    const flags = [...SETTINGS, `port=${port}`].flatMap((setting) => ['-c', setting]);
    ending.signal.throwIfAborted();
    const server = spawn(join(binaries.folder, 'postgres'), ['-D', join(folder, 'data'), ...flags], {
      ...spawnOptions,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    output = await outputUntilReady(server);
    if (output.includes(READY)) return { server, port };
    await stop(server);
    if (!output.includes(PORT_TAKEN)) break;
  }
  throw new Error(`the PostgreSQL server did not start: ${output.trim()}`);
}

/** The output of the server until it is ready, exits or is stopped. Later output is read and ignored. */
function outputUntilReady(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (output.includes(READY)) return;
      output += text;
      if (output.includes(READY)) resolve(output);
    });
    child.once('error', reject);
    child.once('close', () => resolve(output));
    ending.signal.addEventListener('abort', () => resolve(output), { once: true });
  });
}

/** Stops all processes of the server at once; its files are no longer needed. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, 'exit');
  child.kill('SIGQUIT');
  await exited;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
