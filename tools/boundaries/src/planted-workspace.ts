import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Layers, TypeTag } from './dependency-table.ts';

/** A project to write: `@x/<name>` in `<area>/<name>`. */
export interface PlantedProject {
  readonly area: 'libs' | 'apps' | 'tools';
  readonly type: TypeTag;
  readonly runtime: 'any' | 'fs';
  readonly dependencies?: readonly string[];
}

/** A small workspace that follows every rule, with one project of most types and two adapters, for tests to change. */
export const CLEAN_PROJECTS: Readonly<Record<string, PlantedProject>> = {
  model: { area: 'libs', type: 'model', runtime: 'any', dependencies: ['vendor'] },
  retry: { area: 'libs', type: 'util', runtime: 'any', dependencies: ['@x/model'] },
  disk: { area: 'libs', type: 'util', runtime: 'fs', dependencies: ['@x/model'] },
  flow: { area: 'libs', type: 'core', runtime: 'any', dependencies: ['@x/model', '@x/retry'] },
  store: { area: 'libs', type: 'adapter', runtime: 'any', dependencies: ['@x/model'] },
  vectors: { area: 'libs', type: 'adapter', runtime: 'fs', dependencies: ['@x/model', '@x/disk'] },
  testing: { area: 'libs', type: 'testing', runtime: 'fs', dependencies: ['@x/model', '@x/store'] },
  cli: { area: 'apps', type: 'app', runtime: 'fs', dependencies: ['@x/flow', '@x/store', 'citty', 'consola'] },
  bench: { area: 'tools', type: 'tool', runtime: 'fs', dependencies: ['@x/testing'] },
};

const VENDOR_PACKAGES = ['vendor', 'citty', 'consola', 'runner'];

/** What differs from the clean workspace. */
export interface Planting {
  /** Texts of files by path; written last, so that they can replace others. */
  readonly files?: Readonly<Record<string, string>>;
  /** Additional dependencies by the name of the project. */
  readonly declare?: Readonly<Record<string, readonly string[]>>;
  /** Projects instead of the clean ones. */
  readonly projects?: Readonly<Record<string, PlantedProject>>;
  /** Limits to check with instead of the usual ones. */
  readonly limits?: { readonly layers?: Layers; readonly folderFilesMax?: number };
}

/**
 * Writes a workspace into a fresh temporary folder: every project imports what it declares, `runner` is a development
 * package of the root, and .oxlintrc.json lists the `runtime:any` folders. Dispose of it to remove it.
 */
export function plantWorkspace({ files = {}, declare = {}, projects = CLEAN_PROJECTS }: Planting = {}): Disposable & {
  readonly root: string;
} {
  const root = mkdtempSync(join(tmpdir(), 'boundaries-'));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const anyFolders: string[] = [];
  mkdirSync(join(root, 'node_modules/@x'), { recursive: true });
  for (const [name, { area, type, runtime, dependencies = [] }] of Object.entries(projects)) {
    const declared = [...dependencies, ...(declare[name] ?? [])];
    const manifest = {
      name: `@x/${name}`,
      type: 'module',
      exports: { '.': './src/index.ts' },
      nx: { tags: [`type:${type}`, `runtime:${runtime}`] },
      dependencies: Object.fromEntries(declared.map((dependency) => [dependency, '0.0.0'])),
    };
    write(`${area}/${name}/package.json`, JSON.stringify(manifest));
    write(`${area}/${name}/src/index.ts`, [...dependencies.map((it) => `import '${it}';`), 'export {};'].join('\n'));
    symlinkSync(join(root, area, name), join(root, 'node_modules/@x', name), 'junction');
    if (runtime === 'any') anyFolders.push(`${area}/${name}/**/*.ts`);
  }
  for (const name of VENDOR_PACKAGES) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, main: 'index.js' }));
    for (const file of ['index.js', 'part.js', 'basic.js']) write(`node_modules/${name}/${file}`, '');
  }
  write(
    'package.json',
    JSON.stringify({ workspaces: ['libs/*', 'apps/*', 'tools/*'], devDependencies: { runner: '1' } }),
  );
  write(
    '.oxlintrc.json',
    JSON.stringify({ overrides: [{ files: anyFolders, rules: { 'no-restricted-globals': 'error' } }] }),
  );
  for (const [path, text] of Object.entries(files)) write(path, text);
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}
