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
  return corpusFiles(root)
    .flatMap(({ name, folder }) => (name === undefined ? [] : [{ name, folder }]))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** As `WorkspaceCorpus`, or a `corpus.json` that gives no name: it cannot be read, is not JSON, or is wrong. */
export interface CorpusFile {
  readonly name: string | undefined;
  readonly folder: string;
}

/** Every `corpus.json` of the workspace that is not of another program, sorted by name; those without one by folder. */
export function corpusFiles(root: string): CorpusFile[] {
  const shown = ({ name, folder }: CorpusFile): string => name ?? folder;
  return globSync('**/corpus.json', { cwd: root, exclude: (path) => /(^|[\\/])(node_modules|\.[^\\/]+)$/.test(path) })
    .flatMap((file): CorpusFile[] => {
      const path = join(root, file);
      const folder = dirname(file);
      if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > CONFIG_BYTES_MAX) return [];
      const config = readJson<{ name?: unknown }>(path);
      if (config === undefined) return [{ name: undefined, folder }];
      if (!isOwnCorpusConfig(config)) return [];
      return [{ name: typeof config.name === 'string' ? config.name : undefined, folder }];
    })
    .sort((a, b) => (shown(a) < shown(b) ? -1 : 1));
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
