import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { InstallFolder } from './install-folder.ts';
import { ROOT } from '../published-packages.ts';
import { readManifest } from '../read-manifest.ts';

/** Oldest Node that the packages run on. */
export const OLDEST_NODE = '22.18.0';

/** Installs that Node from npm, as the workspace installs its own, and returns its path. */
export function installOldestNode(folder: InstallFolder): string {
  const { optionalDependencies = {} } = readManifest(ROOT);
  const name = Object.keys(optionalDependencies).find((candidate) => existsSync(join(ROOT, 'node_modules', candidate)));
  if (name === undefined) throw new Error('No package with Node for this platform is installed; run npm ci.');
  folder.install(`${name}@${OLDEST_NODE}`);
  return join(folder.root, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}
