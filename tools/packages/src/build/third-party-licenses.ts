import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readManifest } from '../read-manifest.ts';

/**
 * The licences of the packages that `modules`, paths of files, belong to. Throws for a package without a licence file,
 * since its text must go along with a copy of its code.
 */
export function thirdPartyLicenses(modules: Iterable<string>): string {
  const folders = new Set([...modules].map(packageFolder));
  const parts = [...folders].map((folder) => {
    const { name, version, license } = readManifest(folder);
    const files = globSync(['{LICENSE,LICENCE,COPYING,NOTICE}{,.*}'], { cwd: folder }).toSorted();
    if (files.length === 0) throw new Error(`${name} ${version} is bundled, and has no licence file.`);
    const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
    return { name, text: [`${name} ${version} (${license ?? 'see below'})`, ...texts].join('\n\n') };
  });
  const sorted = parts.toSorted((one, other) => one.name.localeCompare(other.name, 'en'));
  return ['This package contains code of the packages below.', ...sorted.map(({ text }) => text)].join(
    `\n\n${'-'.repeat(80)}\n\n`,
  );
}

/** The folder of the package that a file belongs to: the nearest with a package.json that has a name and a version. */
function packageFolder(file: string): string {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    if (!existsSync(join(folder, 'package.json'))) continue;
    const { name, version } = readManifest(folder);
    if (name !== undefined && version !== undefined) return folder;
  }
  throw new Error(`${file} is in no package.`);
}
