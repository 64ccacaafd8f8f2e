import { spawnSync } from 'node:child_process';

/** Time for one command of npm, which may have to fetch 100 MB from a slow registry. */
const TIMEOUT_MS = 15 * 60_000;

/** Runs npm in a folder, and returns what it prints on stdout. Throws all that it printed if it fails. */
export function npm(folder: string, args: readonly string[]): string {
  const { status, signal, stdout, stderr, error } = spawnSync('npm', args, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64 * 2 ** 20,
    timeout: TIMEOUT_MS,
    shell: process.platform === 'win32',
  });
  if (status === 0) return stdout;
  throw new Error(
    `npm ${args.join(' ')} in ${folder} ended with ${status ?? signal ?? error?.message}:\n${stdout}${stderr}`,
  );
}
