import {
  APP_ONLY_PACKAGES,
  DEVELOPMENT_TYPES,
  isTestFile,
  MAY_IMPORT,
  TEST_FILES_MAY_IMPORT,
  type TypeTag,
} from './dependency-table.ts';
import type { ImportEdge } from './import-graph.ts';
import type { Workspace } from './workspace.ts';

/** A rule about single imports. */
export interface ImportRule {
  /** Kebab-case, unique. */
  readonly name: string;
  /** What to do about an import that breaks the rule; undefined for an import that keeps it. */
  readonly advice: (edge: ImportEdge, workspace: Workspace) => string | undefined;
}

/** Every rule about single imports. Each looks at one thing, so one import can break several. */
export const IMPORT_RULES: readonly ImportRule[] = [
  {
    name: 'type-table',
    advice: ({ file, from, to }) => {
      if (to === undefined || to === from || isTestFile(file) || isUnimportable(to.type) || to.type === 'testing')
        return;
      if (MAY_IMPORT[from.type].includes(to.type)) return;
      return `${rowOf(from.type)}, not type:${to.type}; take it as an argument behind a port, or move the shared part down`;
    },
  },
  {
    name: 'testing-in-tests-only',
    advice: ({ file, from, to }) => {
      if (to?.type !== 'testing' || to === from || isTestFile(file) || MAY_IMPORT[from.type].includes('testing'))
        return;
      return 'only *.test.ts files and tools may import type:testing; move the code into a test or into that project';
    },
  },
  {
    name: 'nothing-imports-an-app-or-tool',
    advice: ({ from, to }) => {
      if (to === undefined || to === from || !isUnimportable(to.type)) return;
      return `nothing imports a type:${to.type}; move the shared part into a lib`;
    },
  },
  {
    name: 'no-path-across-projects',
    advice: ({ from, path }) => {
      if (path === undefined || path.startsWith(`${from.folder}/`)) return;
      return `a path may not leave ${from.folder}; import the other project by its package name`;
    },
  },
  {
    name: 'no-deep-import',
    advice: ({ specifier, from, to, packageName }) => {
      if (to === undefined || packageName === undefined) return;
      const subpath = `.${specifier.slice(packageName.length)}`;
      if (to.exports.includes(subpath)) return;
      return `import ${packageName} itself${to === from ? ' or a relative path' : ''}, and export there what is missing`;
    },
  },
  {
    name: 'declared-packages-only',
    advice: (edge, workspace) => {
      if (edge.packageName === undefined || edge.to === edge.from || isDeclared(edge, workspace)) return;
      const list = isTestFile(edge.file) ? 'devDependencies' : 'dependencies';
      return `add ${edge.packageName} to the ${list} in ${edge.from.folder}/package.json`;
    },
  },
  {
    name: 'runtime-any-without-node',
    advice: ({ file, from, isBuiltin }) => {
      if (!isBuiltin || from.runtime !== 'any' || isTestFile(file)) return;
      return 'runtime:any has web APIs only; take it as an argument, or move the code to a runtime:fs project';
    },
  },
  {
    name: 'runtime-any-without-fs-projects',
    advice: ({ file, from, to }) => {
      if (to?.runtime !== 'fs' || to === from || from.runtime !== 'any' || isTestFile(file)) return;
      return `${to.packageName} is runtime:fs and cannot run at the edge; take it as an argument behind a port`;
    },
  },
  {
    name: 'terminal-in-apps-only',
    advice: ({ from, packageName }) => {
      if (packageName === undefined || !APP_ONLY_PACKAGES.includes(packageName) || from.type === 'app') return;
      return 'only type:app talks to a terminal; emit events through the Logger port';
    },
  },
];

function isUnimportable(type: TypeTag): boolean {
  return !TEST_FILES_MAY_IMPORT.includes(type);
}

function rowOf(type: TypeTag): string {
  const types = MAY_IMPORT[type];
  return types.length === 0
    ? `type:${type} may import no other project`
    : `type:${type} may import type:${types.join('|')}`;
}

function isDeclared({ file, from, to, packageName }: ImportEdge, workspace: Workspace): boolean {
  if (packageName === undefined || from.dependencies.has(packageName)) return true;
  const isTest = isTestFile(file);
  if (isTest && (from.devDependencies.has(packageName) || (to !== undefined && !isUnimportable(to.type)))) return true;
  return (isTest || DEVELOPMENT_TYPES.includes(from.type)) && workspace.devDependencies.has(packageName);
}
