import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CONFIG_BYTES_MAX, CORPUS_NAME, isOwnCorpusConfig } from '@lockstep/model/own-corpus-config';
import { createNodesFromFiles, logger, type CreateNodesV2 } from '@nx/devkit';
import { readCorpusInput, type CorpusInput } from './corpus-input.ts';
import { corpusProject } from './corpus-project.ts';
import { resolvePluginOptions, type PluginOptions } from './plugin-options.ts';

/**
 * Infers one project for each `corpus.json`. The same files and options always give the same projects.
 *
 * A file that is wrong gets a project too, whose `validate` fails and says why: an error here would fail every command of Nx
 * in the workspace. Where the file gives no name of its own, its folder names the project.
 */
export const createNodesV2: CreateNodesV2<PluginOptions> = [
  '**/corpus.json',
  (files, options, context) => {
    const configs = new Map(files.map((file) => [file, readConfig(join(context.workspaceRoot, file))]));
    const names = [...configs.values()].map((config) => config?.name);
    const isOwn = (name: string | undefined): name is string =>
      name !== undefined && names.indexOf(name) === names.lastIndexOf(name);
    return createNodesFromFiles(
      (file) => {
        const root = dirname(file);
        const config = configs.get(file);
        if (config === undefined) {
          reportForeign(file);
          return {};
        }
        const { input } = config;
        const name = isOwn(config.name) ? config.name : root === '.' ? file : root;
        return { projects: { [root]: corpusProject(root, { name, input }, resolvePluginOptions(options)) } };
      },
      files,
      options,
      context,
    );
  },
];

/** Files that were reported; one process may make the project graph several times. */
const reported = new Set<string>();

/** Says once that a file is left out: it may be one of ours with most of its keys misspelt. */
function reportForeign(file: string): void {
  if (reported.has(file)) return;
  reported.add(file);
  logger.warn(`${file} is left out: it is no corpus.json of Lockstep, which has "name" and "input".`);
}

/** Of a file that is wrong, whose validate fails. */
const UNKNOWN_INPUT: CorpusInput = { paths: [], isOpen: true };

/** Reads the fields that Nx needs; the stages check all, and say what is wrong. Undefined for a file of another program. */
function readConfig(path: string): { readonly name?: string; readonly input: CorpusInput } | undefined {
  let config: unknown;
  try {
    const stats = statSync(path);
    // Reading a pipe would wait for a writer, and the project graph with it.
    if (!stats.isFile()) return { input: UNKNOWN_INPUT };
    // Larger than any of ours.
    if (stats.size > CONFIG_BYTES_MAX) return undefined;
    config = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return { input: UNKNOWN_INPUT };
  }
  if (!isOwnCorpusConfig(config)) return undefined;
  const { name, input } = config as { readonly name?: unknown; readonly input?: unknown };
  return {
    ...(typeof name === 'string' && CORPUS_NAME.test(name) ? { name } : {}),
    input: readCorpusInput(input) ?? UNKNOWN_INPUT,
  };
}
