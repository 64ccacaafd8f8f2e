import { spawnSync } from 'node:child_process';

/** The paths that git ignores; none where there is no git, or no repository. */
export function gitIgnored(paths: readonly string[], folder: string): string[] {
  const { status, stdout } = spawnSync('git', ['check-ignore', '-z', '--stdin'], {
    cwd: folder,
    input: paths.join('\0'),
    encoding: 'utf8',
  });
  return status === 0 ? stdout.split('\0').filter((path) => path !== '') : [];
}
