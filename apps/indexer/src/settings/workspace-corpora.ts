import { globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CONFIG_BYTES_MAX, isOwnCorpusConfig } from '@lockstep/model/own-corpus-config';

/** A `corpus.json` of the workspace. */
export interface WorkspaceCorpus {
  readonly name: string;
  /** Its folder, relative to the root. */
  readonly folder: string;
}

/** Every `corpus.json` of the workspace, sorted by corpus name. Files that cannot be read, or of other programs, are left out. */
export function workspaceCorpora(root: string): WorkspaceCorpus[] {
  return globSync('**/corpus.json', { cwd: root, exclude: (path) => /(^|[\\/])(node_modules|\.[^\\/]+)$/.test(path) })
    .flatMap((file) => {
      const path = join(root, file);
      if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > CONFIG_BYTES_MAX) return [];
      const config = readJson<{ name?: unknown }>(path);
      const name = isOwnCorpusConfig(config) ? config?.name : undefined;
      return typeof name === 'string' ? [{ name, folder: dirname(file) }] : [];
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Reads a JSON file; undefined if it is missing, no regular file, or not JSON. */
export function readJson<Value>(path: string): Value | undefined {
  try {
    // Reading a pipe would wait for a writer.
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
    return JSON.parse(readFileSync(path, 'utf8')) as Value;
  } catch {
    return undefined;
  }
}
