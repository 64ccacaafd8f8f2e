import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createNodesFromFiles, type CreateNodesV2 } from '@nx/devkit';
import { corpusProject } from './corpus-project.ts';
import { resolvePluginOptions, type PluginOptions } from './plugin-options.ts';

/** Infers one project for each `corpus.json`. The same files and options always give the same projects. */
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

/** Reads the fields that Nx needs; the stages check the others. */
function readConfig(path: string, file: string): { name: string; input: string } {
  const text = readRegularFile(path, file);
  let config: unknown;
  try {
    config = JSON.parse(text);
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

function readRegularFile(path: string, file: string): string {
  try {
    // Reading a pipe would wait for a writer, and the project graph with it.
    if (statSync(path).isFile()) return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`);
  }
  throw new Error(`${file}: expected a regular file.`);
}
