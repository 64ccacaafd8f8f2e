/**
 * Who may import whom, as rules for dependency-cruiser, computed from the table and from each project's package.json.
 */
import type { IRegularForbiddenRuleType } from 'dependency-cruiser';
import {
  APP_ONLY_PACKAGES,
  DEVELOPMENT_TYPES,
  type Layers,
  MAY_IMPORT,
  TEST_FILES_MAY_IMPORT,
  TYPE_TAGS,
  type TypeTag,
} from './dependency-table.ts';
import { type Project, TEST_FILE, type Workspace } from './workspace.ts';

/** A rule about imports. Rules with the same name, which may end with `/` and a subject, have the same advice. */
export interface ImportRule extends IRegularForbiddenRuleType {
  readonly name: string;
  /** What to do about an import that breaks it. */
  readonly comment: string;
}

/** Every rule about imports. One import can break several. */
export function importRules(workspace: Workspace, layers: Layers): ImportRule[] {
  const { projects } = workspace;
  const all = foldersOf(projects);
  const ofTypes = (...types: readonly TypeTag[]): string[] =>
    foldersOf(projects.filter(({ type }) => type !== undefined && types.includes(type)));
  const ofRuntime = (name: Project['runtime']): string[] =>
    foldersOf(projects.filter(({ runtime }) => runtime === name));
  return [
    rule('no-circles', 'move what both files need into a third', {}, { circular: true }),
    {
      ...rule('no-folder-circles', 'move what both folders need into a third', {}, { circular: true }),
      scope: 'folder',
    },
    rule(
      'no-unresolvable',
      'there is no such file, or its package does not export it: import the package by its name, and export there what is missing',
      {},
      { couldNotResolve: true },
    ),
    rule(
      'no-path-across-projects',
      'import the other project by its package name',
      { path: under(all) },
      { dependencyTypes: ['local'], pathNot: under(['$1']) },
    ),
    rule('no-import-of-tests', 'move what is shared into a file of its own', {}, testsOf(all)),
    ...TYPE_TAGS.flatMap((type) => [
      rule(
        `type-table/${type}`,
        `type:${type} may import ${MAY_IMPORT[type].map((to) => `type:${to}`).join(', ') || 'no other project'}; ` +
          'take it as an argument behind a port, or move the shared part down',
        codeOf(ofTypes(type)),
        { path: under(all), pathNot: under(['$1', ...ofTypes(...MAY_IMPORT[type])]) },
      ),
      rule('type-table/tests', 'no project may import that; move the shared part into a lib', testsOf(ofTypes(type)), {
        path: under(all),
        pathNot: under(['$1', ...ofTypes(...MAY_IMPORT[type], ...TEST_FILES_MAY_IMPORT)]),
      }),
    ]),
    ...projects.flatMap((project) => declaredPackagesOnly(project, workspace, ofTypes(...TEST_FILES_MAY_IMPORT))),
    rule(
      'runtime-any-without-node',
      'runtime:any has web APIs only; take it as an argument, or move the code to a runtime:fs project',
      codeOf(ofRuntime('any')),
      { dependencyTypes: ['core'] },
    ),
    rule(
      'runtime-any-without-fs-projects',
      'a runtime:fs project cannot run at the edge; take it as an argument behind a port',
      codeOf(ofRuntime('any')),
      { path: under(ofRuntime('fs')) },
    ),
    rule(
      'terminal-in-apps-only',
      'only type:app prints to a terminal; emit events through the Logger port',
      { path: under(all), pathNot: under(ofTypes('app')) },
      { path: APP_ONLY_PACKAGES.map(inNodeModules) },
    ),
    ...Object.entries(layers).flatMap(([folder, names]) =>
      names.map((name, index) =>
        rule(
          `layers/${folder}`,
          `lowest first, the layers are ${names.join(', ')}; take it as an argument, or move the shared part down`,
          { path: inLayers(folder, [name]), pathNot: TEST_FILE },
          { path: under([folder]), pathNot: inLayers(folder, names.slice(0, index + 1)) },
        ),
      ),
    ),
  ];
}

/** A project may import only packages of its package.json; tests and development types also those of the root. */
function declaredPackagesOnly(
  { folder, type, dependencies, devDependencies }: Project,
  workspace: Workspace,
  importableByTests: readonly string[],
): ImportRule[] {
  const pathOf = (name: string): string => {
    const project = workspace.projects.find(({ packageName }) => packageName === name);
    return project === undefined ? inNodeModules(name) : under([project.folder]);
  };
  const name = `declared-packages-only/${folder}`;
  const comment = `add it to the dependencies in its package.json, for a test to the devDependencies`;
  const path = [under(foldersOf(workspace.projects)), inNodeModules('.*')];
  const ofRoot = workspace.devDependencies;
  const isDevelopment = type !== undefined && DEVELOPMENT_TYPES.includes(type);
  const forCode = [...dependencies, ...(isDevelopment ? ofRoot : [])].map(pathOf);
  const forTests = [...dependencies, ...devDependencies, ...ofRoot].map(pathOf);
  return [
    rule(name, comment, codeOf([folder]), { path, pathNot: [under([folder]), ...forCode] }),
    rule(name, comment, testsOf([folder]), { path, pathNot: [under([folder, ...importableByTests]), ...forTests] }),
  ];
}

function rule(name: string, comment: string, from: ImportRule['from'], to: ImportRule['to']): ImportRule {
  return { name, comment, severity: 'error', from, to };
}

// Paths as regular expressions. In the `to` of a rule, `$1` is the folder that its `from` matches.
const foldersOf = (projects: readonly Project[]): string[] => projects.map(({ folder }) => folder);
const under = (folders: readonly string[]): string => `^(${folders.join('|')})/`;
const codeOf = (folders: readonly string[]): ImportRule['from'] => ({ path: under(folders), pathNot: TEST_FILE });
const testsOf = (folders: readonly string[]): { path: string } => ({ path: `${under(folders)}.*${TEST_FILE}` });
const inNodeModules = (name: string): string => `(^|/)node_modules/(@types/)?${name}/`;
const inLayers = (folder: string, names: readonly string[]): string =>
  `^${folder}/(${names.map((name) => (name.endsWith('.ts') ? `${name}$` : `${name}/`)).join('|')})`;
