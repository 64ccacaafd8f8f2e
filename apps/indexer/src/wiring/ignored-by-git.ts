import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Source } from '../settings/corpus-file.ts';
import { printable } from '../terminal/printable.ts';

/** Paths that are asked about; all files of a folder are usually ignored together. */
const PATHS_MAX = 20;

/** Longest time that git may take, in milliseconds: it only reads ignore files and its index. */
const GIT_MS_MAX = 5000;

/**
 * Those of the first few paths that git ignores. None where there is no git, no repository, or no answer. A file that is
 * tracked is not ignored, whatever a `.gitignore` says.
 */
export function ignoredByGit(paths: readonly string[], root: string): string[] {
  const asked = paths.slice(0, PATHS_MAX);
  if (asked.length === 0) return [];
  const { status, stdout } = spawnSync('git', ['check-ignore', '-z', '--stdin'], {
    cwd: root,
    input: asked.join('\0'),
    encoding: 'utf8',
    timeout: GIT_MS_MAX,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  return status === 0 ? stdout.split('\0').filter((path) => path !== '') : [];
}

/** A warning where Nx, which asks git what there is, does not know a `corpus.json` or its input; nothing otherwise. */
export function ignoredText({ config, configPath, input }: Source, root: string): string[] {
  if (configPath === undefined || !existsSync(join(root, 'nx.json'))) return [];
  const files = input.parts.flatMap((part) => (part.kind === 'file' ? [part.path] : []));
  const ignored = ignoredByGit([configPath, ...files], root);
  const { name } = config;
  if (ignored.includes(configPath)) {
    return [
      `${name} WARNING: git ignores ${shown(configPath)}, so that Nx has no project ${name}; \`indexer run ${name}\` loads it without Nx`,
    ];
  }
  const [first] = ignored;
  if (first === undefined) return [];
  return [
    `${name} WARNING: git ignores the input ${shown(first)}, so that \`nx affected\` never counts its changes; \`nx run ${name}:load\` finds them`,
  ];

  function shown(path: string): string {
    return printable(relative(root, path));
  }
}
