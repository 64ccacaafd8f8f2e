import type { ProjectGraphProjectNode, Tree } from '@nx/devkit';
import { expect, it } from 'vitest';
import PackageVersions from './package-versions.ts';

const manifest = {
  name: '@lockstep/program',
  version: '0.1.0',
  dependencies: { '@lockstep/model': '0.1.0', pg: '8.0.0' },
  peerDependencies: { '@lockstep/embedded': '0.1.0' },
};
const files = new Map<string, string>();
const tree = {
  read: (path: string) => files.get(path) ?? null,
  write: (path: string, text: string) => void files.set(path, text),
} as unknown as Tree;
const project = { name: 'program', type: 'app', data: { root: 'apps/program' } } as ProjectGraphProjectNode;
const actions = new PackageVersions(...([{}, project, {}] as unknown as ConstructorParameters<typeof PackageVersions>));

it('a new version is written to the package, to what it depends on in this repository, and to the lockfile', async () => {
  files.set('apps/program/package.json', JSON.stringify(manifest));
  files.set('package-lock.json', JSON.stringify({ packages: { 'apps/program': manifest, 'node_modules/pg': {} } }));
  await actions.updateProjectVersion(tree, '0.2.0');
  const changed = {
    name: '@lockstep/program',
    version: '0.2.0',
    dependencies: { '@lockstep/model': '0.2.0', pg: '8.0.0' },
    peerDependencies: { '@lockstep/embedded': '0.2.0' },
  };
  expect(JSON.parse(files.get('apps/program/package.json') ?? '')).toEqual(changed);
  expect(JSON.parse(files.get('package-lock.json') ?? '').packages).toEqual({
    'apps/program': changed,
    'node_modules/pg': {},
  });
});

it('a package that the lockfile lacks is an error that says what to run', async () => {
  files.set('apps/program/package.json', JSON.stringify(manifest));
  files.set('package-lock.json', JSON.stringify({ packages: {} }));
  await expect(actions.updateProjectVersion(tree, '0.2.0')).rejects.toThrow(
    'package-lock.json lacks apps/program; run npm install.',
  );
});
