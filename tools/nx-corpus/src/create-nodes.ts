import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CONFIG_BYTES_MAX, isOwnCorpusConfig } from '@lockstep/model/own-corpus-config';
import { createNodesFromFiles, logger, type CreateNodesV2 } from '@nx/devkit';
import { readCorpusInput, type CorpusInput } from './corpus-input.ts';
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
        if (config === undefined) {
          reportForeign(file);
          return {};
        }
        return { projects: { [root]: corpusProject(root, config, resolvePluginOptions(options)) } };
      },
      files,
      options,
      context,
    ),
];

/** Files that were reported; one process may make the project graph several times. */
const reported = new Set<string>();

/** Says once that a file is left out: it may be one of ours with most of its keys misspelt. */
function reportForeign(file: string): void {
  if (reported.has(file)) return;
  reported.add(file);
  logger.warn(`${file} is left out: it is no corpus.json of Lockstep, which has "name" and "input".`);
}

/** Reads the fields that Nx needs; the stages check the others. Undefined for a file of another program. */
function readConfig(path: string, file: string): { name: string; input: CorpusInput } | undefined {
  const text = readRegularFile(path, file);
  if (text === undefined) return undefined;
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    throw new Error(`${file} is not JSON.`);
  }
  if (!isOwnCorpusConfig(config)) return undefined;
  if (typeof config !== 'object' || config === null || !('name' in config) || !('input' in config)) {
    throw new Error(`${file}: expected an object with "name" and "input".`);
  }
  const { name } = config;
  const input = readCorpusInput(config.input);
  if (typeof name !== 'string' || input === undefined) {
    throw new Error(`${file}: expected "name" to be a string, and "input" a path, an address or a list of these.`);
  }
  return { name, input };
}

/** Undefined for a file that is larger than any of ours. */
function readRegularFile(path: string, file: string): string | undefined {
  try {
    const stats = statSync(path);
    // Reading a pipe would wait for a writer, and the project graph with it.
    if (stats.isFile()) return stats.size > CONFIG_BYTES_MAX ? undefined : readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`);
  }
  throw new Error(`${file}: expected a regular file.`);
}
