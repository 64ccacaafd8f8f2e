import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PostTasksExecution, TaskResult } from '@nx/devkit';
import { resolvePluginOptions, type PluginOptions } from './plugin-options.ts';

/** The target `load` among the arguments of Nx: `-t load`, `--targets=build,load`, `run docs:load`. */
const LOAD = /(^|[:=,])load(,|$)/;

/**
 * After Nx was told to load corpora, as by `nx affected -t load`, prints what the last run of each came to: Nx does not show the
 * output of tasks that succeeded. Prints nothing where the target `load` of another project, such as `indexer:load`, has run: it
 * ends with a summary of its own.
 *
 * Nx 23 and 24 show what a hook prints, unless their daemon runs it: then it is in the log of the daemon.
 */
export const postTasksExecution: PostTasksExecution<PluginOptions> = async (
  options,
  { taskResults, workspaceRoot, argv },
) => {
  const corpora = corporaToTell(Object.values(taskResults), workspaceRoot);
  if (!argv.some((argument) => LOAD.test(argument)) || corpora.length === 0) return;
  const command = `${resolvePluginOptions(options).command} summary --corpora ${corpora.join(',')}`;
  const child = spawn(command, { shell: true, cwd: workspaceRoot, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (printed += data.toString()));
  await once(child, 'close');
  await new Promise((done) => process.stdout.write(`\n${printed}`, done));
};

/** The corpora of which a task was tried; those of which all were skipped are in no result. */
export function corporaToTell(results: readonly Pick<TaskResult, 'task'>[], workspaceRoot: string): string[] {
  const corpora = new Set<string>();
  for (const { task } of results) {
    const { projectRoot, target } = task;
    if (projectRoot !== undefined && existsSync(join(workspaceRoot, projectRoot, 'corpus.json'))) {
      corpora.add(target.project);
    } else if (target.target === 'load') return [];
  }
  return [...corpora].sort();
}
