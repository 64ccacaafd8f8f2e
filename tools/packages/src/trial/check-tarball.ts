import { checkPackage, createPackageFromTarballData, type Problem } from '@arethetypeswrong/core';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { readTarball, type Tarball } from './pack-package.ts';

/** What is wrong with a package for those who install it, one sentence each. Empty if nothing is. */
export async function checkTarball(tarball: Tarball, dist: string): Promise<string[]> {
  const problems = [
    ...(await publintProblems(tarball)),
    ...(await typeProblems(tarball)),
    ...deadLinks(tarball, dist),
    ...missingLicences(tarball, dist),
  ];
  return problems.map((problem) => `${tarball.name}: ${problem}`);
}

async function publintProblems(tarball: Tarball): Promise<string[]> {
  const { messages, pkg } = await publint({ pack: { tarball: readTarball(tarball) }, strict: true });
  return messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false }) ?? message.code}`);
}

/** Files of a package that have no types. */
const UNTYPED = [/\.json$/];

async function typeProblems(tarball: Tarball): Promise<string[]> {
  const checked = await checkPackage(createPackageFromTarballData(new Uint8Array(readTarball(tarball))), {
    excludeEntrypoints: UNTYPED,
  });
  if (checked.types === false) return ['it has no types.'];
  return checked.problems
    .filter((problem) => !isOfCommonJs(problem))
    .map((problem) => `types: ${JSON.stringify(problem)}`);
}

/** The packages are ES modules; TypeScript's oldest resolution knows no `exports`. */
function isOfCommonJs(problem: Problem): boolean {
  if (problem.kind === 'CJSResolvesToESM') return true;
  return 'resolutionKind' in problem && problem.resolutionKind === 'node10';
}

/** Links of its README to files that it does not have: on npm there is no repository around it. */
function deadLinks({ paths }: Tarball, dist: string): string[] {
  const text = readFileSync(join(dist, 'README.md'), 'utf8');
  return [...text.matchAll(/\]\((?!\w+:|#)([^)#]+)/g)]
    .map(([, target = '']) => join(dirname('README.md'), target))
    .filter((target) => !paths.includes(target))
    .map((target) => `README.md links to ${target}, which the package does not have.`);
}

/** Packages whose code is in the built files, by their source maps, and whose licences are not in the package. */
function missingLicences({ paths }: Tarball, dist: string): string[] {
  const sources = globSync('lib/**/*.map', { cwd: dist }).flatMap(
    (path) => (JSON.parse(readFileSync(join(dist, path), 'utf8')) as { readonly sources: readonly string[] }).sources,
  );
  const copied = sources.flatMap((source) => {
    const [, name] = /.*node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(source) ?? [];
    return name === undefined ? [] : [name];
  });
  const file = join(dist, LICENCES);
  const text = existsSync(file) && paths.includes(LICENCES) ? readFileSync(file, 'utf8') : '';
  return [...new Set(copied)]
    .filter((name) => !text.includes(`\n${name} `))
    .map((name) => `it has code of ${name}, and ${LICENCES} has no licence of it.`);
}

const LICENCES = 'THIRD-PARTY-LICENSES';
