import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../../../..');

/** The command line and its engines, by their projects. */
const PACKAGES = { indexer: 'apps/indexer/dist', embedded: 'libs/embedded/dist' };

/** Far longer than a command takes, with a slow registry too. */
const TIMEOUT_MS = 15 * 60_000;

/** Builds the packages for npm, installs their tarballs in an empty folder, and returns the path of the program. */
export function installPackages(folder: string): string {
  run(ROOT, 'npx', ['nx', 'run-many', '-t', 'build', '-p', Object.keys(PACKAGES).join(',')]);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const packed = run(folder, 'npm', ['pack', '--json', ...Object.values(PACKAGES).map((path) => join(ROOT, path))]);
  const tarballs = (JSON.parse(packed) as readonly { readonly filename: string }[]).map(({ filename }) => filename);
  run(folder, 'npm', ['install', '--no-audit', '--no-fund', ...tarballs.map((file) => `./${file}`)]);
  return join(folder, 'node_modules/@lockstep/indexer/bin/indexer.js');
}

/** Runs a command to its end, and returns what it prints on stdout. Throws all that it printed if it fails. */
function run(cwd: string, program: string, args: readonly string[]): string {
  const { status, signal, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 64 * 2 ** 20,
    timeout: TIMEOUT_MS,
    shell: process.platform === 'win32',
  });
  if (status === 0) return stdout;
  const ended = status ?? signal ?? error?.message;
  throw new Error(`${program} ${args.join(' ')} ended with ${ended}:\n${stdout}${stderr}`);
}
