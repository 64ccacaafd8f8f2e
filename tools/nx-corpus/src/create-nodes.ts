import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createNodesFromFiles, type CreateNodesV2 } from '@nx/devkit';
import { corpusProject } from './corpus-project.ts';
import { resolvePluginOptions, type PluginOptions } from './plugin-options.ts';

/** Infers one project per `corpus.json`. It only reads and maps: the same files and options give the same projects. */
export const createNodesV2: CreateNodesV2<PluginOptions> = [
  '**/corpus.json',
  (files, options, context) =>
    createNodesFromFiles(
      (file) => {
        const root = dirname(file);
        const config = readConfig(join(context.workspaceRoot, file), file);
        return { projects: { [root]: corpusProject(root, config, resolvePluginOptions(options)) } };
      },
      files,
      options,
      context,
    ),
];

/** What Nx needs to know; the rest is checked by the stages, which say what is wrong with it. */
function readConfig(path: string, file: string): { name: string; input: string } {
  let config: unknown;
  try {
    config = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new Error(`${file} is not JSON.`);
  }
  if (typeof config !== 'object' || config === null || !('name' in config) || !('input' in config)) {
    throw new Error(`${file}: expected an object with "name" and "input".`);
  }
  const { name, input } = config;
  if (typeof name !== 'string' || typeof input !== 'string') {
    throw new Error(`${file}: expected "name" and "input" to be strings.`);
  }
  return { name, input };
}
