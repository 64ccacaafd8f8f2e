import { globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A `corpus.json` of the workspace. */
export interface WorkspaceCorpus {
  readonly name: string;
  /** The folder that it is in, from the root. */
  readonly folder: string;
}

/** Every corpus that a `corpus.json` of the workspace names, by name. A file that cannot be read has no name. */
export function workspaceCorpora(root: string): WorkspaceCorpus[] {
  return globSync('**/corpus.json', { cwd: root, exclude: (path) => /(^|[\\/])(node_modules|\.[^\\/]+)$/.test(path) })
    .flatMap((file) => {
      const name = readJson<{ name?: unknown }>(join(root, file))?.name;
      return typeof name === 'string' ? [{ name, folder: dirname(file) }] : [];
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A JSON file; undefined where it is not there, is no regular file, or cannot be read. */
export function readJson<Value>(path: string): Value | undefined {
  try {
    // Reading a pipe would wait for somebody to write to it.
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
    return JSON.parse(readFileSync(path, 'utf8')) as Value;
  } catch {
    return undefined;
  }
}
