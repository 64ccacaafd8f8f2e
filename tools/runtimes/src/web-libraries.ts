import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A project whose tag says that it needs web APIs only. */
export interface WebLibrary {
  /** In Nx. */
  readonly name: string;
  /** Everything that can be imported of it, such as `@lockstep/model/stages`. */
  readonly modules: readonly string[];
}

interface Manifest {
  readonly name: string;
  readonly workspaces?: readonly string[];
  readonly exports?: Readonly<Record<string, string>>;
  readonly nx?: { readonly name: string; readonly tags?: readonly string[] };
}

/** Every project of the workspace with the tag `runtime:any`. */
export function webLibraries(root: string): WebLibrary[] {
  const read = (folder: string): Manifest =>
    JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest;
  return globSync([...(read('.').workspaces ?? [])], { cwd: root })
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .toSorted()
    .map(read)
    .filter(({ nx }) => nx?.tags?.includes('runtime:any'))
    .map(({ name, nx, exports = {} }) => ({
      name: nx?.name ?? name,
      modules: Object.keys(exports).map((path) => `${name}${path.slice(1)}`),
    }));
}
