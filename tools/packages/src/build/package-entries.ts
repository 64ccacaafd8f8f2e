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
}

/**
 * Turns the entries of a project, which name sources, into those of the package, which name built files. An export with
 * a star is for this workspace alone. A JSON file stays what it is.
 */
export function packageEntries({ exports = {}, imports = {} }: Manifest): PackageEntries {
  const modules = new Map<string, string>();
  const built = (name: string, source: string): string => {
    modules.set(name, source);
    return `./${LIB}/${name}.js`;
  };
  const typed = Object.entries(exports).filter(([path, source]) => !path.includes('*') && !source.endsWith('.json'));
  const nameOf = (path: string): string => (path === '.' ? 'index' : basename(path));
  return {
    modules,
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
