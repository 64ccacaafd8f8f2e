import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../published-packages.ts';
import { readManifest } from '../read-manifest.ts';

/**
 * The range of versions that a published package asks for, by the name of the dependency. Of what a project of the
 * workspace depends on: the exact version where it is 0.x, which promises nothing about the next one, else that version
 * and newer ones of the same major. What a bundled package depends on: as it says.
 */
export function dependencyRanges(bundled: readonly string[]): ReadonlyMap<string, string> {
  const { workspaces = [] } = readManifest(ROOT);
  const manifests = globSync(
    workspaces.map((pattern) => `${pattern}/package.json`),
    { cwd: ROOT },
  );
  const dependenciesIn = (folder: string): [string, string][] =>
    Object.entries(readManifest(join(ROOT, folder)).dependencies ?? {});
  return new Map([
    ...bundled.flatMap((name) => dependenciesIn(join('node_modules', name))),
    ...manifests
      .flatMap((path) => dependenciesIn(dirname(path)))
      .map(([name, version]): [string, string] => [name, version.startsWith('0.') ? version : `^${version}`]),
  ]);
}
