/** The rules that are not about imports. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Layers, RUNTIME_TAGS, TYPE_TAGS } from './dependency-table.ts';
import { isTestFile, type Project, type Workspace } from './workspace.ts';

/** One broken rule. */
export interface Violation {
  /** What was found and where, such as `libs/model/src/chunk.ts imports libs/pipeline/src/index.ts`. */
  readonly found: string;
  /** In kebab-case. */
  readonly rule: string;
  /** What to do about it. */
  readonly advice: string;
}

interface OxlintConfig {
  readonly overrides?: readonly {
    readonly files: readonly string[];
    readonly rules?: Readonly<Record<string, unknown>>;
  }[];
}

/** Checks tags, unused dependencies, the folders in .oxlintrc.json, the sizes of folders, and the names of layers. */
export function checkStructure(workspace: Workspace, layers: Layers, folderFilesMax: number): Violation[] {
  const { root, projects } = workspace;
  return [
    ...projects.flatMap(checkTags),
    ...projects.flatMap((project) => findUnused(root, project)),
    ...checkOxlintFolders(workspace),
    ...projects.flatMap(({ files }) => findLargeFolders(files, folderFilesMax)),
    ...Object.entries(layers).flatMap(([folder, names]) =>
      names
        .filter((name) => existsSync(join(root, folder)) && !existsSync(join(root, folder, name)))
        .map((name) => ({
          found: `${folder} lacks ${name}`,
          rule: 'layers-exist',
          advice: 'correct the list of layers',
        })),
    ),
  ];
}

function checkTags({ folder, type, runtime, tags }: Project): Violation[] {
  if (type !== undefined && runtime !== undefined) return [];
  return [
    {
      found: `${folder}/package.json has nx.tags [${tags.join(', ')}]`,
      rule: 'one-type-one-runtime',
      advice: `give it one of type:${TYPE_TAGS.join('|')} and one of runtime:${RUNTIME_TAGS.join('|')}`,
    },
  ];
}

/** Looks for the name as a string, so that `import.meta.resolve` and `createRequire` count as uses. */
function findUnused(root: string, { folder, dependencies, devDependencies, files }: Project): Violation[] {
  const unused = (names: readonly string[], paths: readonly string[]): Violation[] => {
    if (names.length === 0) return [];
    const text = paths.map((path) => readFileSync(join(root, path), 'utf8')).join('\n');
    return names
      .filter(
        (name) => !['"', "'", '/'].some((end) => text.includes(`'${name}${end}`) || text.includes(`"${name}${end}`)),
      )
      .map((name) => ({
        found: `${folder}/package.json lists ${name}`,
        rule: 'no-unused-dependencies',
        advice: 'no file of the project names it; take it out, or move it to the devDependencies where only tests do',
      }));
  };
  return [
    ...unused(
      dependencies,
      files.filter((file) => !isTestFile(file)),
    ),
    ...unused(devDependencies, files.filter(isTestFile)),
  ];
}

/**
 * Compares the files for which .oxlintrc.json restricts globals with the projects tagged `runtime:any`, both ways,
 * so that a new project cannot miss the rule.
 */
function checkOxlintFolders({ root, projects }: Workspace): Violation[] {
  const config = JSON.parse(readFileSync(join(root, '.oxlintrc.json'), 'utf8')) as OxlintConfig;
  const restricted = (config.overrides ?? [])
    .filter(({ rules }) => rules?.['no-restricted-globals'] !== undefined)
    .flatMap(({ files }) => files);
  const tagged = projects.filter(({ runtime }) => runtime === 'any').map(({ folder }) => `${folder}/**/*.ts`);
  const differing = [
    ...tagged.filter((pattern) => !restricted.includes(pattern)).map((pattern) => `lacks ${pattern}`),
    ...restricted.filter((pattern) => !tagged.includes(pattern)).map((pattern) => `has ${pattern}`),
  ];
  return differing.map((difference) => ({
    found: `.oxlintrc.json ${difference}`,
    rule: 'oxlint-knows-runtime-any',
    advice:
      'the override with no-restricted-globals is for the files of all projects tagged runtime:any, and no others',
  }));
}

function findLargeFolders(files: readonly string[], folderFilesMax: number): Violation[] {
  const byFolder = Map.groupBy(
    files.filter((file) => !isTestFile(file)),
    (file) => dirname(file),
  );
  return [...byFolder]
    .filter(([, { length }]) => length > folderFilesMax)
    .map(([folder, { length }]) => ({
      found: `${folder} holds ${length} source files`,
      rule: 'small-folders',
      advice: `a folder holds at most ${folderFilesMax}, tests not counted; put files of one idea into a folder of their own`,
    }));
}
