import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join, resolve } from 'node:path';
import { cleanEnvironment } from '../support/clean-environment.ts';

/** Root of this repository. */
export const REPOSITORY = resolve(import.meta.dirname, '../../../..');

export interface Finished {
  readonly exit: number | null;
  /** What it printed on stdout, then on stderr. */
  readonly output: string;
  readonly stdout: string;
}

/** A copy of this repository in a temporary folder, with its own Nx cache and state directory. */
export interface WorkspaceCopy {
  readonly root: string;
  run(command: string, args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Finished>;
  nx(...args: string[]): Promise<Finished>;
  indexer(...args: string[]): Promise<Finished>;
  dispose(): void;
}

/** Folders that a clone does not have. */
const NOT_COPIED = new Set(['node_modules', 'out-tsc', '.lockstep', '.nx', '.git', '.env']);

export async function copyWorkspace(): Promise<WorkspaceCopy> {
  const place = mkdtempSync(join(tmpdir(), 'lockstep-workspace-'));
  const root = join(place, 'repository');
  cpSync(REPOSITORY, root, { recursive: true, filter: (path) => !NOT_COPIED.has(basename(path)) });
  symlinkSync(join(REPOSITORY, 'node_modules'), join(root, 'node_modules'), 'junction');
  const binaries = join(REPOSITORY, 'node_modules', '.bin');

  const run: WorkspaceCopy['run'] = (command, args, environment = {}) =>
    new Promise((done, fail) => {
      const child = spawn(command, args, {
        cwd: root,
        shell: process.platform === 'win32',
        env: {
          ...cleanEnvironment(),
          PATH: `${binaries}${delimiter}${process.env['PATH']}`,
          NX_DAEMON: 'false',
          NX_ISOLATE_PLUGINS: 'false',
          NX_CACHE_DIRECTORY: join(place, 'nx-cache'),
          ...environment,
        },
      });
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
      child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
      child.on('error', fail);
      child.on('close', (exit) => done({ exit, stdout, output: stdout + stderr }));
    });

  const git = (...args: string[]) =>
    run('git', ['-c', 'user.name=test', '-c', 'user.email=test@test.invalid', '-c', 'commit.gpgsign=false', ...args]);
  await git('init', '--quiet');
  writeFileSync(join(root, '.git', 'info', 'exclude'), 'node_modules\n');
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'copy');

  return {
    root,
    run,
    nx: (...args) => run('nx', args),
    indexer: (...args) => run('node', [join('apps', 'indexer', 'bin', 'indexer.js'), ...args]),
    dispose: () => rmSync(place, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** Tasks of an Nx run that were replayed from a cache, and those that ran, by `project:target`. */
export function tasksOf({ output }: Finished): { readonly replayed: string[]; readonly ran: string[] } {
  const replayed: string[] = [];
  const ran: string[] = [];
  for (const [, task, how] of output.matchAll(/^\s*[✔✖]\s+nx run (\S+)(.*)$/gm)) {
    if (task !== undefined) (how?.includes('cache') === true ? replayed : ran).push(task);
  }
  return { replayed: replayed.sort(), ran: ran.sort() };
}
