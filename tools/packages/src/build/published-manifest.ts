import type { PackageEntries } from './package-entries.ts';
import type { Manifest } from '../read-manifest.ts';

/** What the package.json of a package is made from. */
export interface PublishedManifestOptions {
  /** That of the project. */
  readonly manifest: Manifest;
  readonly entries: PackageEntries;
  /** Packages of others that the built files import. */
  readonly imported: ReadonlySet<string>;
  /** The range to ask for of each package of others. */
  readonly ranges: ReadonlyMap<string, string>;
  /** Paths in the package, without package.json. */
  readonly files: readonly string[];
  /** That of the repository's root. */
  readonly root: Manifest;
  readonly folder: string;
}

/** The package.json of a published package. Its dependencies are the packages that the built files import. */
export function publishedManifest(options: PublishedManifestOptions): Record<string, unknown> {
  const { manifest, entries, ranges, root, folder } = options;
  const rangeOf = (name: string): string => {
    const range = ranges.get(name);
    if (range === undefined) throw new Error(`${manifest.name} imports ${name}, which no project depends on.`);
    return range;
  };
  const peers = Object.entries(manifest.peerDependencies ?? {}).map(([name, range]) => [
    name,
    // Packages of this repository have one version, and are released together.
    name.startsWith('@lockstep/') ? manifest.version : range,
  ]);
  const {
    nx: _nx,
    private: _private,
    devDependencies: _dev,
    scripts: _scripts,
    ...kept
  } = manifest as Manifest & {
    readonly [field in 'nx' | 'private' | 'devDependencies' | 'scripts']?: unknown;
  };
  return {
    ...kept,
    author: 'Lockstep contributors',
    // npm proves where a package was built only if its package.json names the repository.
    ...(root.repository === undefined ? {} : { repository: { ...root.repository, directory: folder } }),
    ...(root.homepage === undefined ? {} : { homepage: root.homepage }),
    ...(root.bugs === undefined ? {} : { bugs: root.bugs }),
    files: options.files,
    exports: entries.exports,
    ...(Object.keys(entries.imports).length === 0 ? {} : { imports: entries.imports }),
    dependencies: Object.fromEntries([...options.imported].toSorted().map((name) => [name, rangeOf(name)])),
    ...(peers.length === 0 ? {} : { peerDependencies: Object.fromEntries(peers) }),
    publishConfig: { access: 'public', provenance: true },
  };
}
