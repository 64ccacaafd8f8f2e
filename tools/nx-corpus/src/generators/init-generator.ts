import { createRequire } from 'node:module';
import { addDependenciesToPackageJson, logger, readJson, type GeneratorCallback, type Tree } from '@nx/devkit';
import { addAggregateProject } from './aggregate-project.ts';
import { addEnvExample } from './env-example.ts';
import { addIgnoredPaths } from './ignored-paths.ts';
import { registerPlugin } from './register-plugin.ts';

/** Options of the generator `init`. */
export interface InitOptions {
  /** Name and folder of the project with the targets of all corpora. @default 'indexer' */
  readonly project?: string;
}

/** Packages that a workspace needs beside the plugin; the last one for the engines that run without an account. */
const PACKAGES = ['@lockstep/indexer', '@lockstep/embedded'];

/**
 * Sets up Lockstep in a workspace, as `nx add @lockstep/nx` does. Adds only what is missing and says what it did, so that
 * it can be run again.
 */
export function initGenerator(tree: Tree, { project = 'indexer' }: InitOptions = {}): GeneratorCallback {
  const done = [registerPlugin(tree), addAggregateProject(tree, project), addIgnoredPaths(tree), addEnvExample(tree)];
  const missing = missingPackages(tree);
  const install = missing.length === 0 ? () => {} : addPackages(tree, missing);
  done.push(missing.length === 0 ? 'package.json has the packages' : `package.json: added ${missing.join(' and ')}`);
  for (const line of [...done, 'Next: nx g @lockstep/nx:corpus with a file of chunks']) logger.info(line);
  return install;
}

function missingPackages(tree: Tree): string[] {
  const fields = readJson<Record<string, object | undefined>>(tree, 'package.json');
  const { dependencies, devDependencies, optionalDependencies } = fields;
  const present = { ...dependencies, ...devDependencies, ...optionalDependencies };
  return PACKAGES.filter((name) => !Object.hasOwn(present, name));
}

/** Adds packages in the version of this one, since all of Lockstep's are released together. */
function addPackages(tree: Tree, names: readonly string[]): GeneratorCallback {
  const { version } = createRequire(import.meta.url)('#manifest') as { readonly version: string };
  return addDependenciesToPackageJson(tree, {}, Object.fromEntries(names.map((name) => [name, version])));
}
