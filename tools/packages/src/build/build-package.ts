import { cpSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type OutputChunk } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';
import { dependencyRanges } from './dependency-ranges.ts';
import { LIB, packageEntries } from './package-entries.ts';
import { ROOT, type PublishedPackage } from '../published-packages.ts';
import { publishedManifest } from './published-manifest.ts';
import { readManifest } from '../read-manifest.ts';
import { thirdPartyLicenses } from './third-party-licenses.ts';
import { declarationsOf, workspaceDeclarations } from './workspace-declarations.ts';

/** Oldest Node that the packages run on. */
const TARGET = 'node22.18';

/** Constants of the embedded services that are needed where these are not installed too. */
const ALWAYS_BUNDLED = ['@lockstep/embedded/model'];

/** Builds a package into `dist` in the folder of its project, ready for `npm publish`. */
export async function buildPackage({ folder, bundled, files, web = [] }: PublishedPackage): Promise<void> {
  const project = join(ROOT, folder);
  const dist = join(project, 'dist');
  const manifest = readManifest(project);
  const entries = packageEntries(manifest);
  rmSync(dist, { recursive: true, force: true });

  const isExternal = (id: string): boolean => {
    if (isBuiltin(id)) return true;
    if (!isPackage(id) || ALWAYS_BUNDLED.includes(id)) return false;
    const name = packageName(id);
    return (
      manifest.peerDependencies?.[name] !== undefined || !(name.startsWith('@lockstep/') || bundled.includes(name))
    );
  };
  const common = {
    cwd: project,
    external: isExternal,
    logLevel: 'warn',
    checks: { bundlerTimings: false },
  } as const;
  const output = { dir: join(dist, LIB), format: 'es', entryFileNames: '[name].js' } as const;
  const bundle = async (platform: 'node' | 'browser', isOfIt: (entry: string) => boolean): Promise<OutputChunk[]> => {
    const input = [...entries.modules].filter(([entry]) => isOfIt(entry));
    if (input.length === 0) return [];
    const built = await build({
      ...common,
      platform,
      input: Object.fromEntries(input),
      transform: { target: TARGET },
      // No library does anything when it loads, so that one of which nothing is used is left out.
      treeshake: {
        moduleSideEffects: [
          { test: /[\\/]libs[\\/]/, sideEffects: false },
          { external: true, sideEffects: false },
        ],
      },
      output: { ...output, chunkFileNames: '[name]-[hash].js', sourcemap: true },
    });
    const chunks = built.output.filter((part) => part.type === 'chunk');
    const ofNode = chunks.flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports]).find(isBuiltin);
    if (platform === 'browser' && ofNode !== undefined) throw new Error(`${web.join()} imports ${ofNode} of Node.`);
    return chunks;
  };
  // Apart from each other, since packages of others have one version for Node and another for everything else.
  const chunks = [
    ...(await bundle('node', (entry) => !web.includes(entry))),
    ...(await bundle('browser', (entry) => web.includes(entry))),
  ];
  const typed = [...entries.modules].filter(([name]) => entries.typed.has(name));
  await build({
    ...common,
    platform: 'node',
    input: Object.fromEntries(typed.map(([name, source]) => [name, declarationsOf(join(project, source))])),
    plugins: [workspaceDeclarations(), dts({ emitDtsOnly: true, tsconfig: false })],
    output: { ...output, entryFileNames: '[name].d.ts', chunkFileNames: '[name]-[hash].d.ts' },
  });

  for (const [path, source] of Object.entries({ ...COMMON_FILES, ...files, 'README.md': `${folder}/README.md` })) {
    mkdirSync(dirname(join(dist, path)), { recursive: true });
    cpSync(join(ROOT, source), join(dist, path), { recursive: true });
  }
  const made = await Promise.all(
    [...entries.made].map(([name, path]) => makeModule(project, path, join(dist, LIB, `${name}.js`))),
  );
  const copied = [...chunks.flatMap(({ moduleIds }) => moduleIds), ...made.flat()].filter((id) =>
    id.includes('/node_modules/'),
  );
  if (copied.length > 0) writeFileSync(join(dist, 'THIRD-PARTY-LICENSES'), thirdPartyLicenses(copied));

  const options = {
    manifest,
    entries,
    imported: importedPackages(
      chunks,
      Object.keys(manifest.dependencies ?? {}).filter((name) => !bundled.includes(name)),
      manifest.peerDependencies ?? {},
    ),
    ranges: dependencyRanges(bundled),
    files: globSync('*', { cwd: dist }).toSorted(),
    root: readManifest(ROOT),
    folder,
  };
  writeFileSync(join(dist, 'package.json'), `${JSON.stringify(publishedManifest(options), null, 2)}\n`);
}

/** Writes the module that another package of the workspace makes, and returns the files whose code is in it. */
async function makeModule(project: string, name: string, path: string): Promise<readonly string[]> {
  const maker = createRequire(join(project, 'package.json')).resolve(name);
  const { builtModule } = (await import(pathToFileURL(maker).href)) as {
    builtModule(): Promise<{ readonly code: string; readonly modules: readonly string[] }>;
  };
  const { code, modules } = await builtModule();
  writeFileSync(path, code);
  return modules;
}

/** Files that every package has. */
const COMMON_FILES = { 'CHANGELOG.md': 'CHANGELOG.md', LICENSE: 'LICENSE' };

/**
 * Packages of others that the built files import. Those that the project itself depends on and that are not bundled are always
 * among them, since it may load them by `require`.
 */
function importedPackages(
  chunks: readonly OutputChunk[],
  own: readonly string[],
  peers: Readonly<Record<string, string>>,
): ReadonlySet<string> {
  const built = new Set(chunks.map(({ fileName }) => fileName));
  const ids = chunks.flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports]);
  const names = ids.filter((id) => isPackage(id) && !isBuiltin(id) && !built.has(id)).map(packageName);
  return new Set([...names, ...own].filter((name) => !name.startsWith('@lockstep/') && peers[name] === undefined));
}

/** True for an import that names a package, and not a file. */
function isPackage(id: string): boolean {
  return /^[@\w]/.test(id) && !/^[A-Za-z]:[\\/]/.test(id);
}

function packageName(id: string): string {
  return id.split('/', id.startsWith('@') ? 2 : 1).join('/');
}
