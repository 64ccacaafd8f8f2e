import { globSync } from 'node:fs';
import { posix } from 'node:path';
import { cruise, type ICruiseResult, type IDependency } from 'dependency-cruiser';
import { projectOfPath, type Project, type Workspace } from './workspace.ts';

/** One import, export-from, dynamic import, require or type import of a file. */
export interface ImportEdge {
  /** Path from the workspace root. */
  readonly file: string;
  /** The project that the file belongs to. */
  readonly from: Project;
  /** What is imported, as written; builtin modules always with `node:`. */
  readonly specifier: string;
  readonly isBuiltin: boolean;
  /** Name of the package in a bare specifier; undefined for paths, `#` names and builtin modules. */
  readonly packageName: string | undefined;
  /** Path from the workspace root for a specifier that is a path or a `#` name; undefined for the others. */
  readonly path: string | undefined;
  /** The project that is imported, be it by name or by path; undefined for vendor packages and builtin modules. */
  readonly to: Project | undefined;
}

/** The files of a workspace and how they hang together. */
export interface ImportGraph {
  /** Paths from the workspace root, sorted. */
  readonly files: readonly string[];
  /** Without repetitions, in the order of `files`. */
  readonly edges: readonly ImportEdge[];
  /** Each cycle once, as the files on it in import order. */
  readonly cycles: readonly (readonly string[])[];
}

const GENERATED = new Set(['node_modules', 'out-tsc', 'dist', 'coverage']);

/**
 * Parses every source file of every project: TypeScript and JavaScript, tests and scripts too, type-only imports too.
 * Reads files only. Node resolution through `exports`, links of the workspace followed to the true folder.
 */
export async function readImportGraph(workspace: Workspace): Promise<ImportGraph> {
  const files = sourceFiles(workspace);
  if (files.length === 0) return { files, edges: [], cycles: [] };
  const { output } = await cruise(
    files,
    {
      baseDir: workspace.root,
      validate: true,
      ruleSet: { forbidden: [{ name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } }] },
      tsPreCompilationDeps: true,
      detectProcessBuiltinModuleCalls: true,
      doNotFollow: { path: [...GENERATED].map((folder) => `(^|/)${folder}/`) },
      enhancedResolveOptions: {
        exportsFields: ['exports'],
        conditionNames: ['import', 'require', 'node', 'default'],
        extensions: ['.ts', '.mts', '.js', '.mjs', '.cjs', '.json'],
      },
    },
    { bustTheCache: true },
  );
  const { modules, summary } = output as ICruiseResult;
  const edges = new Map<string, ImportEdge>();
  for (const module of modules) {
    const from = projectOfPath(workspace, module.source);
    if (from === undefined || module.matchesDoNotFollow === true) continue;
    for (const dependency of module.dependencies) {
      const edge = toEdge(workspace, module.source, from, dependency);
      edges.set(`${edge.file} ${edge.specifier}`, edge);
    }
  }
  const cycles = new Map<string, readonly string[]>();
  for (const { cycle } of summary.violations) {
    const names = (cycle ?? []).map(({ name }) => name);
    cycles.set(names.toSorted().join(' '), names);
  }
  return { files, edges: [...edges.values()], cycles: [...cycles.values()] };
}

function sourceFiles(workspace: Workspace): string[] {
  return workspace.projects
    .flatMap(({ folder }) =>
      globSync(`${folder}/**/*.{ts,mts,cts,js,mjs,cjs}`, { cwd: workspace.root, exclude: isGenerated }),
    )
    .map((file) => file.replaceAll('\\', '/'))
    .sort();
}

function isGenerated(path: string): boolean {
  const name = posix.basename(path.replaceAll('\\', '/'));
  return GENERATED.has(name) || (name.startsWith('.') && name.length > 1);
}

function toEdge(workspace: Workspace, file: string, from: Project, dependency: IDependency): ImportEdge {
  const isBuiltin = dependency.coreModule;
  const written = dependency.module;
  const specifier = isBuiltin && !written.startsWith('node:') ? `node:${written}` : written;
  const path = isBuiltin ? undefined : pathOf(file, dependency);
  const packageName = isBuiltin || path !== undefined ? undefined : packageNameOf(specifier);
  const to =
    path === undefined
      ? workspace.projects.find((project) => project.packageName === packageName)
      : projectOfPath(workspace, path);
  return { file, from, specifier, isBuiltin, packageName, path, to };
}

function pathOf(file: string, { module, resolved }: IDependency): string | undefined {
  if (module.startsWith('.')) return posix.join(posix.dirname(file), module);
  if (module.startsWith('#') || module.startsWith('/') || module.startsWith('file:')) return resolved;
  return undefined;
}

function packageNameOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
