import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

/** A folder with a package-lock.json of its own, which no install of the workspace reads. */
const FOLDER = resolve(import.meta.dirname, '../installed');

/** What is installed there. */
export interface InstalledRuntimes {
  /** Paths of the programs. */
  readonly programs: Readonly<Record<'node 22' | 'node 24' | 'deno' | 'bun', string>>;
  /** Loads an installed package. */
  readonly load: (name: string) => unknown;
  /** The path of a module of an installed package. */
  readonly resolve: (name: string) => string;
}

/**
 * Installs the runtimes once for each package-lock.json: Node 22 and 24, Deno, Bun and workerd. No script of a package is
 * run, since some fetch programs from elsewhere; the programs are found in the packages of this platform instead.
 */
export async function installRuntimes(): Promise<InstalledRuntimes> {
  const stamp = join(FOLDER, 'node_modules/.installed-from');
  const wanted = createHash('sha256')
    .update(readFileSync(join(FOLDER, 'package-lock.json')))
    .digest('hex');
  if (read(stamp) !== wanted) {
    rmSync(stamp, { force: true });
    await npm('ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error');
    writeFileSync(stamp, wanted);
  }
  const require = createRequire(join(FOLDER, 'package.json'));
  return {
    programs: {
      'node 22': programAt('node-22-*/bin/node{,.exe}'),
      'node 24': programAt('node-24-*/bin/node{,.exe}'),
      deno: programAt('@deno/*/deno{,.exe}'),
      bun: programAt('@oven/*/bin/bun{,.exe}'),
    },
    load: (name) => require(name) as unknown,
    resolve: (name) => require.resolve(name),
  };
}

function programAt(pattern: string): string {
  const [path] = globSync(pattern, { cwd: join(FOLDER, 'node_modules') });
  if (path === undefined) throw new Error(`no package of this platform has ${pattern} in ${FOLDER}/node_modules`);
  return join(FOLDER, 'node_modules', path);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

async function npm(...args: readonly string[]): Promise<void> {
  const child = spawn('npm', args, { cwd: FOLDER, stdio: 'inherit', shell: process.platform === 'win32' });
  const [exit] = (await once(child, 'exit')) as [number | null];
  if (exit !== 0) throw new Error(`npm ${args.join(' ')} in ${FOLDER} ended with ${exit}`);
}
