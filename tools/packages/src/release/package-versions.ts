import { join } from 'node:path';
import type { Tree } from '@nx/devkit';
import { VersionActions } from 'nx/release';

/** The fields of a package.json that name versions of this repository's packages. */
const DEPENDENCIES = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'] as const;

interface Versioned extends Partial<Record<(typeof DEPENDENCIES)[number], Record<string, string>>> {
  version: string;
}

/**
 * How `nx release` reads and writes the version, which all packages of this repository share: in each package.json, in
 * the dependencies on one another, and in the lockfile. Nothing is asked of a registry.
 */
export default class PackageVersions extends VersionActions {
  override validManifestFilenames = ['package.json'];

  override async readCurrentVersionFromSourceManifest(tree: Tree) {
    const manifestPath = join(this.projectGraphNode.data.root, 'package.json');
    return { currentVersion: readJson<Versioned>(tree, manifestPath).version, manifestPath };
  }

  override async readCurrentVersionFromRegistry(): Promise<never> {
    throw new Error('The current version is in package.json; set release.version.currentVersionResolver to disk.');
  }

  override async readCurrentVersionOfDependency() {
    return { currentVersion: null, dependencyCollection: null };
  }

  override async updateProjectVersion(tree: Tree, version: string): Promise<string[]> {
    const { root } = this.projectGraphNode.data;
    const path = join(root, 'package.json');
    const manifest = readJson<Versioned>(tree, path);
    writeJson(tree, path, withVersion(manifest, version));
    const lock = readJson<{ packages: Record<string, Versioned> }>(tree, 'package-lock.json');
    const locked = lock.packages[root];
    if (locked === undefined) throw new Error(`package-lock.json lacks ${root}; run npm install.`);
    lock.packages[root] = withVersion(locked, version);
    writeJson(tree, 'package-lock.json', lock);
    return [`${path} and package-lock.json: ${manifest.version} -> ${version}`];
  }

  /** All packages have the same version, which is written with that of each. */
  override async updateProjectDependencies(): Promise<string[]> {
    return [];
  }
}

function withVersion(manifest: Versioned, version: string): Versioned {
  const changed = { ...manifest, version };
  for (const field of DEPENDENCIES) {
    const ranges = manifest[field];
    if (ranges === undefined) continue;
    changed[field] = Object.fromEntries(
      Object.entries(ranges).map(([name, range]) => [name, name.startsWith('@lockstep/') ? version : range]),
    );
  }
  return changed;
}

function readJson<Content>(tree: Tree, path: string): Content {
  return JSON.parse(tree.read(path, 'utf8') ?? 'null') as Content;
}

function writeJson(tree: Tree, path: string, content: unknown): void {
  tree.write(path, `${JSON.stringify(content, null, 2)}\n`);
}
