import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  isRuntimeTag,
  isTypeTag,
  MAY_IMPORT,
  RUNTIME_TAGS,
  type RuntimeTag,
  type TypeTag,
} from './dependency-table.ts';
import type { Violation } from './violation.ts';

/** A package of the workspace. */
export interface Project {
  /** Path from the workspace root, with `/`, such as `libs/model`. */
  readonly folder: string;
  readonly packageName: string;
  readonly type: TypeTag;
  readonly runtime: RuntimeTag;
  /** Subpaths that others may import: `.` and the like. */
  readonly exports: readonly string[];
  /** Packages that any of its files may import. */
  readonly dependencies: ReadonlySet<string>;
  /** Packages that its test files may import as well. */
  readonly devDependencies: ReadonlySet<string>;
}

/** All projects of a workspace, and what is wrong with their tags. */
export interface Workspace {
  readonly root: string;
  readonly projects: readonly Project[];
  /** The root's development packages. */
  readonly devDependencies: ReadonlySet<string>;
  /** A project with bad tags is listed here and left out of `projects`. */
  readonly tagViolations: readonly Violation[];
}

interface Manifest {
  readonly name?: string;
  readonly workspaces?: readonly string[];
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly nx?: { readonly tags?: readonly string[] };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/**
 * Reads every project that the root's `workspaces` name, in the order of their folders.
 * Throws when the root, or a project, has no readable package.json.
 */
export function readWorkspace(root: string): Workspace {
  const rootManifest = readManifest(root);
  const folders = globSync([...(rootManifest.workspaces ?? [])], { cwd: root })
    .map((folder) => folder.replaceAll('\\', '/'))
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .sort();
  const projects: Project[] = [];
  const tagViolations: Violation[] = [];
  for (const folder of folders) {
    const manifest = readManifest(join(root, folder));
    const type = soleTag(manifest, 'type', isTypeTag);
    const runtime = soleTag(manifest, 'runtime', isRuntimeTag);
    if (type === undefined || runtime === undefined) {
      tagViolations.push(badTags(folder, manifest));
      continue;
    }
    projects.push({
      folder,
      packageName: manifest.name ?? folder,
      type,
      runtime,
      exports: Object.keys(manifest.exports ?? {}),
      dependencies: namesOf(manifest.dependencies, manifest.optionalDependencies, manifest.peerDependencies),
      devDependencies: namesOf(manifest.devDependencies),
    });
  }
  return { root, projects, devDependencies: namesOf(rootManifest.devDependencies), tagViolations };
}

/** The project that holds a path given from the workspace root, or undefined. */
export function projectOfPath(workspace: Workspace, path: string): Project | undefined {
  return workspace.projects.find(({ folder }) => path === folder || path.startsWith(`${folder}/`));
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

function namesOf(...lists: readonly (Readonly<Record<string, string>> | undefined)[]): ReadonlySet<string> {
  return new Set(lists.flatMap((list) => Object.keys(list ?? {})));
}

function soleTag<Tag extends string>(
  manifest: Manifest,
  dimension: string,
  isTag: (word: string) => word is Tag,
): Tag | undefined {
  const words = (manifest.nx?.tags ?? [])
    .filter((tag) => tag.startsWith(`${dimension}:`))
    .map((tag) => tag.slice(dimension.length + 1));
  const [word] = words;
  return words.length === 1 && word !== undefined && isTag(word) ? word : undefined;
}

function badTags(folder: string, manifest: Manifest): Violation {
  return {
    file: `${folder}/package.json`,
    found: `has nx.tags [${(manifest.nx?.tags ?? []).join(', ')}]`,
    rule: 'one-type-one-runtime',
    advice:
      `give it one of type:${Object.keys(MAY_IMPORT).join('|')} ` + `and one of runtime:${RUNTIME_TAGS.join('|')}`,
  };
}
