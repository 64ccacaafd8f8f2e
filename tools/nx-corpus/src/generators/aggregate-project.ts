import { posix } from 'node:path';
import { getProjects, writeJson, type TargetConfiguration, type Tree } from '@nx/devkit';
import { resolvePluginOptions } from '../plugin-options.ts';

/**
 * Adds a project with the targets `load`, `plan` and `status` of all corpora, and says what was done. It is a
 * project.json of the user and not inferred, so that its name, its place and its further targets are the user's.
 */
export function addAggregateProject(tree: Tree, folder: string): string {
  const name = posix.basename(folder);
  const path = posix.join(folder, 'project.json');
  const existing = getProjects(tree).get(name);
  if (existing !== undefined || tree.exists(path)) {
    const { targets = {} } = existing ?? {};
    if (['load', 'plan', 'status'].every((target) => target in targets)) return `The project ${name} exists`;
    return (
      `The project ${name} exists and is left as it is: ` +
      'run init with --project=FOLDER to have the targets load, plan and status of all corpora in another one'
    );
  }
  writeJson(tree, path, {
    $schema: posix.relative(folder, 'node_modules/nx/schemas/project-schema.json'),
    name,
    targets: {
      load: {
        ...command('summary'),
        dependsOn: [{ projects: 'tag:type:corpus', target: 'load' }],
        // With the files of the corpora as inputs, `nx affected` would select this target, and with it every corpus.
        inputs: ['{projectRoot}/**/*'],
      },
      plan: command('plan --all'),
      status: command('status'),
    },
  });
  return `${path}: added the targets load, plan and status of all corpora`;
}

function command(line: string): TargetConfiguration {
  return {
    executor: 'nx:run-commands',
    cache: false,
    options: { command: `${resolvePluginOptions().command} ${line}`, cwd: '{workspaceRoot}' },
  };
}
