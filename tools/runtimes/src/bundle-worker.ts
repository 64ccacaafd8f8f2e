import { resolve } from 'node:path';
import type { InstalledRuntimes } from './install-runtimes.ts';

/** What is used of esbuild, which the workspace does not install. */
interface Esbuild {
  build(options: object): Promise<{ readonly outputFiles: readonly { readonly text: string }[] }>;
}

export interface WorkerSource {
  /** TypeScript, as in a file of this folder. */
  readonly source: string;
  /** Modules in place of packages: their source by the name of the package. @default none */
  readonly replaced?: Readonly<Record<string, string>>;
  /** Whether Node's modules may be imported, which workerd has under `nodejs_compat`. @default false */
  readonly usesNode?: boolean;
}

/** Bundles a Worker as its author would: with the conditions of Workers, and what is not web standard left out. */
export async function bundleWorker(
  { load, resolve: resolveInstalled }: InstalledRuntimes,
  { source, replaced = {}, usesNode = false }: WorkerSource,
): Promise<string> {
  const esbuild = load('esbuild') as Esbuild;
  const { outputFiles } = await esbuild.build({
    stdin: { contents: source, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    format: 'esm',
    target: 'es2024',
    platform: 'browser',
    conditions: ['workerd', 'worker', 'browser'],
    external: usesNode ? ['node:*'] : [],
    logLevel: 'silent',
    write: false,
    plugins: [replaceModules(replaced, resolve(resolveInstalled('esbuild'), '../../../..'))],
  });
  return outputFiles.map(({ text }) => text).join('');
}

/** Takes the source of some modules from memory; what these import is resolved in `folder`. */
function replaceModules(replaced: Readonly<Record<string, string>>, folder: string): object {
  return {
    name: 'replace-modules',
    setup(build: {
      onResolve(of: object, resolved: (args: { path: string }) => object | undefined): void;
      onLoad(of: object, loaded: (args: { path: string }) => object): void;
    }) {
      build.onResolve({ filter: /^/ }, ({ path }) =>
        replaced[path] === undefined ? undefined : { path, namespace: 'replaced' },
      );
      build.onLoad({ filter: /^/, namespace: 'replaced' }, ({ path }) => ({
        contents: replaced[path] ?? '',
        loader: 'ts',
        resolveDir: folder,
      }));
    },
  };
}
