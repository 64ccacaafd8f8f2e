import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { RUNTIME_TAGS, TYPE_TAGS, type TypeTag } from './dependency-table.ts';

/** A package of the workspace. */
export interface Project {
  /** Path from the workspace root, with `/`, such as `libs/model`. */
  readonly folder: string;
  readonly packageName: string;
  /** Undefined, as is `runtime`, if the tags do not name exactly one of the table. */
  readonly type: TypeTag | undefined;
  readonly runtime: (typeof RUNTIME_TAGS)[number] | undefined;
  readonly tags: readonly string[];
  /** Packages that any of its files may import. */
  readonly dependencies: readonly string[];
  /** Packages that its test files may import as well. */
  readonly devDependencies: readonly string[];
  /** Its TypeScript and JavaScript files without generated ones, as sorted paths from the workspace root. */
  readonly files: readonly string[];
}

/** All projects of a workspace. */
export interface Workspace {
  readonly root: string;
  readonly projects: readonly Project[];
  /** The root's development packages. */
  readonly devDependencies: readonly string[];
}

interface Manifest {
  readonly name?: string;
  readonly workspaces?: readonly string[];
  readonly nx?: { readonly tags?: readonly string[] };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Pattern of the paths of test files. */
export const TEST_FILE = String.raw`[.]test(-d)?[.]ts$`;

/** Names of folders without sources. */
export const GENERATED: readonly string[] = ['node_modules', 'out-tsc', 'dist', 'coverage'];

/**
 * Reads every project that the root's `workspaces` name, in the order of their folders.
 * Throws when the root, or a project, has no readable package.json.
 */
export function readWorkspace(root: string): Workspace {
  const rootManifest = readManifest(root);
  const projects = globSync([...(rootManifest.workspaces ?? [])], { cwd: root })
    .map((folder) => folder.replaceAll('\\', '/'))
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .sort()
    .map((folder): Project => {
      const manifest = readManifest(join(root, folder));
      const tags = manifest.nx?.tags ?? [];
      return {
        folder,
        packageName: manifest.name ?? folder,
        type: soleTag(tags, 'type', TYPE_TAGS),
        runtime: soleTag(tags, 'runtime', RUNTIME_TAGS),
        tags,
        dependencies: Object.keys({
          ...manifest.dependencies,
          ...manifest.optionalDependencies,
          ...manifest.peerDependencies,
        }),
        devDependencies: Object.keys(manifest.devDependencies ?? {}),
        files: sourceFiles(root, folder),
      };
    });
  return { root, projects, devDependencies: Object.keys(rootManifest.devDependencies ?? {}) };
}

/** True for a file that only the test runner loads, such as `x.test.ts`, `x.http.test.ts` or `x.test-d.ts`. */
export function isTestFile(file: string): boolean {
  return new RegExp(TEST_FILE).test(file);
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

function soleTag<Tag extends string>(
  tags: readonly string[],
  dimension: string,
  known: readonly Tag[],
): Tag | undefined {
  const matching = tags.filter((tag) => tag.startsWith(`${dimension}:`));
  return matching.length === 1 ? known.find((name) => matching[0] === `${dimension}:${name}`) : undefined;
}

function sourceFiles(root: string, folder: string): string[] {
  const isGenerated = (path: string): boolean => GENERATED.includes(basename(path)) || /^\../.test(basename(path));
  return globSync(`${folder}/**/*.{ts,tsx,mts,cts,js,mjs,cjs}`, { cwd: root, exclude: isGenerated })
    .map((file) => file.replaceAll('\\', '/'))
    .sort();
}
