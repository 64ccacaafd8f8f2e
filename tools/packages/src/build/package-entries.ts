import { basename } from 'node:path';
import type { Manifest } from '../read-manifest.ts';

/** Folder of the built files in a package. */
export const LIB = 'lib';

/** What a package is built from, and what its own package.json says of it. */
export interface PackageEntries {
  /** Sources by the name of the file that is built from each. */
  readonly modules: ReadonlyMap<string, string>;
  /** Those of them that have declarations, since users import them. */
  readonly typed: ReadonlySet<string>;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly imports: Readonly<Record<string, string>>;
  /** Names in `imports` that lead to another package here, and to a file that this package makes there; by the name of the file. */
  readonly made: ReadonlyMap<string, string>;
}

/**
 * Turns the entries of a project, which name sources, into those of the package, which name built files. An export with
 * a star is for this workspace alone. A JSON file stays what it is. An import that names a package leads to a module that this package
 * makes: its `builtModule` gives the code that stands in its place.
 */
export function packageEntries({ exports = {}, imports = {} }: Manifest): PackageEntries {
  const modules = new Map<string, string>();
  const made = new Map<string, string>();
  const built = (name: string, source: string): string => {
    if (source.startsWith('.')) modules.set(name, source);
    else made.set(name, `#${name}`);
    return `./${LIB}/${name}.js`;
  };
  const typed = Object.entries(exports).filter(([path, source]) => !path.includes('*') && !source.endsWith('.json'));
  const nameOf = (path: string): string => (path === '.' ? 'index' : basename(path));
  return {
    modules,
    made,
    typed: new Set(typed.map(([path]) => nameOf(path))),
    exports: {
      ...Object.fromEntries(
        typed.map(([path, source]) => {
          const name = nameOf(path);
          return [path, { types: `./${LIB}/${name}.d.ts`, default: built(name, source) }];
        }),
      ),
      ...Object.fromEntries(Object.entries(exports).filter(([, source]) => source.endsWith('.json'))),
    },
    imports: Object.fromEntries(
      Object.entries(imports).map(([path, source]) => [
        path,
        source.endsWith('.json') ? source : built(path.slice(1), source),
      ]),
    ),
  };
}
